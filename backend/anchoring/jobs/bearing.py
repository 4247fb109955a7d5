"""Which captures a change of somebody's right to speak bears upon: those that the contract judges by it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.capture import service as captures
from backend.capture.rules import Stored
from backend.capture.rules_standing import Whose, asked_for
from backend.identity.rules_keys import Change, ChangeKind
from scanner.device.capture import Capture
from scanner.device.names import party_id


@dataclass(frozen=True)
class Barrier:
    """A change that captures must not pass: everything of a party, or of one device."""

    seq: int
    party: bytes
    signer: bytes | None

    def bears_upon(self, parties: set[bytes], signer: bytes) -> bool:
        """Whether a capture of these parties, signed so, is judged by it."""
        return signer == self.signer if self.signer is not None else self.party in parties


def barrier_of(each: Change) -> Barrier:
    """What a revocation or a standing bears upon."""
    return Barrier(each.seq, party_id(each.party), each.signer if each.kind is ChangeKind.REVOKE else None)


def parties_of(session: Session, stored: Iterable[Stored]) -> dict[bytes, set[bytes]]:
    """Parties whose standing the contract asks for, by evidence; `asked_for` says whose."""
    told = [(each, each.capture, _asked(each.capture)) for each in stored]
    closed = {capture.ref for _, capture, whose in told if Whose.SENDER in whose}
    senders = {each.evidence: each.party for each in captures.list_by_evidence(session, closed)} if closed else {}
    return {each.evidence: set(_named(each, capture, whose, senders)) for each, capture, whose in told}


def _asked(capture: Capture) -> frozenset[Whose]:
    return asked_for(capture.step, declares=any(capture.voids))


def _named(each: Stored, capture: Capture, whose: frozenset[Whose], senders: Mapping[bytes, str]) -> Iterator[bytes]:
    if Whose.SPEAKER in whose:
        yield party_id(each.party)
    if Whose.ADDRESSEE in whose:
        yield capture.counterparty
    if Whose.SENDER in whose and capture.ref in senders:
        yield party_id(senders[capture.ref])
