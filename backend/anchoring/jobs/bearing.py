"""Which captures a change of somebody's right to speak bears upon: those that the contract judges by it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Stored
from backend.identity.rules_keys import Change
from scanner.device.capture import Capture, Step
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
    return Barrier(each.seq, party_id(each.party), each.signer if each.kind == "revoke" else None)


def parties_of(session: Session, stored: Iterable[Stored]) -> dict[bytes, set[bytes]]:
    """Parties whose standing the contract asks for, by evidence: who speaks, who is sent to, to whom goods return."""
    told = [(each, each.said) for each in stored]
    returned = {said.ref for _, said in told if said.step is Step.RETURN}
    senders = {each.evidence: each.party for each in capture.list_by_evidence(session, returned)} if returned else {}
    return {each.evidence: {party_id(each.party)} | _others(said, senders) for each, said in told}


def _others(said: Capture, senders: dict[bytes, str]) -> set[bytes]:
    if said.step is Step.SHIP:
        return {said.counterparty}
    if said.step is Step.RETURN and said.ref in senders:
        return {party_id(senders[said.ref])}
    return set()
