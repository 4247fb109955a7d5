"""Use cases of capture: take a device's word, or keep why it was refused."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from backend.capture import store
from backend.capture.rules import (
    BODY_BYTES_MAX,
    LATE_DAYS,
    Accepted,
    EventIdTaken,
    EvidenceState,
    Message,
    Receipt,
    Stored,
    ToldByAnother,
    WronglySigned,
    check_plausible,
    claimed_signer,
    parse_message,
)
from backend.errors import JiulianError, Malformed, Unavailable
from backend.identity import service as identity
from ledger_indexer.bindings.deployments import Deployment
from scanner.device import signing
from scanner.device.capture import Capture, captured
from scanner.device.event_values import Reading
from scanner.device.reading import read, witnessed
from scanner.epcis import canonical, json_text
from scanner.epcis.event import parse_event
from scanner.errors import Malformed as Unreadable

Reaction = Callable[[Session, Accepted], None]
"""What follows an accepted capture, in its transaction; raising refuses the capture."""
HowFar = Callable[[Session, bytes], EvidenceState]
"""How far an evidence that was taken before is on its way to the chain."""


@dataclass(frozen=True)
class Ordered:
    """A reaction that must see captures in the order in which they are kept: it locks what one concerns beforehand."""

    lock: Reaction
    react: Reaction

    def __call__(self, session: Session, accepted: Accepted) -> None:
        """React."""
        self.react(session, accepted)


NO_CHAIN = signing.Domain(0, bytes(20))
"""The domain of signatures where no contracts were deployed yet: none of them counts on any chain."""

Refusal = store.Refusal
list_captures = store.list_captures
list_refusals = store.list_refusals
count_refusals = store.count_refusals
list_by_evidence = store.list_by_evidence
find_by_event_id = store.find_by_event_id


def load_domain(deployment: Path) -> signing.Domain:
    """Where signatures count: the deployed ledger, or nowhere when the file is not there yet."""
    try:
        return _domain_in(deployment, deployment.stat().st_mtime_ns)
    except FileNotFoundError:
        return NO_CHAIN


@lru_cache(maxsize=8)
def _domain_in(deployment: Path, written_ns: int) -> signing.Domain:
    deployed = Deployment.load(deployment)
    return signing.Domain(deployed.chain_id, bytes.fromhex(deployed.batch_ledger[2:]))


def submit(
    session: Session,
    message: object,
    *,
    domain: signing.Domain,
    now: datetime,
    reactions: Sequence[Reaction],
    late_days: int = LATE_DAYS,
) -> Receipt:
    """Take one capture. Repeating it gives the same receipt and changes nothing.

    Raises:
        Malformed: a field is missing or wrong; `field` names it.
        Untrusted: unknown or revoked device, no or a wrong signature, an implausible time or actor.
        Refused: another event of the party has its eventID, another party told this event before, or the state of the
            trade says no, raised by a reaction.
    """
    signed = parse_message(message)
    with _readable():
        parse_event(signed.event)
        body = canonical.canonical(signed.event)
    evidence = sha256(body).digest()
    try:
        accepted = _judge(session, signed, evidence, domain, now)
        check_plausible(accepted, now=now, late_days=late_days)
        # What a capture concerns is locked before its place in the order is given out, so that the order kept is the
        # order in which the books moved.
        for react in reactions:
            if isinstance(react, Ordered):
                react.lock(session, accepted)
        _check_event_id(session, accepted)
    except JiulianError:
        # It was right when it was taken, whatever became of its device since; but only the same words are the same.
        if store.find_signature(session, evidence) == (signed.signer, signed.signature):
            return Receipt(evidence, fresh=False)
        raise
    if not store.add_capture(session, accepted, body):
        _check_own(session, accepted)
        return Receipt(evidence, fresh=False)
    for react in reactions:
        react(session, accepted)
    return Receipt(evidence, fresh=True)


def _judge(session: Session, signed: Message, evidence: bytes, domain: signing.Domain, now: datetime) -> Accepted:
    identity.hold_standing(session)
    party = identity.get_speaker(session, signed.signer, now=now)
    reading = reading_for(signed.event, has_roles=bool(party.roles))
    capture = captured(evidence, reading)
    if not signing.verify(capture, signed.signer, signed.signature, domain):
        raise WronglySigned(signer="0x" + signed.signer.hex())
    return Accepted(evidence, signed.event, reading, capture, signed.signer, signed.signature, party.gln, now)


def _check_own(session: Session, accepted: Accepted) -> None:
    """An event that another party told before is that party's."""
    before = store.find_party(session, accepted.evidence)
    if before != accepted.party:
        raise ToldByAnother(against=accepted.evidence.hex(), party=before)


def _check_event_id(session: Session, accepted: Accepted) -> None:
    """A declaration carries the eventID of what it declares an error; nothing else may carry one twice."""
    if accepted.event_id is None or accepted.reading.voids is not None:
        return
    store.lock_event_id(session, accepted.party, accepted.event_id)
    other = store.find_by_event_id(session, accepted.party, accepted.event_id)
    if other is not None and other != accepted.evidence:
        raise EventIdTaken(event_id=accepted.event_id, against=other.hex())


def reading_for(event: dict[str, object], *, has_roles: bool) -> Reading:
    """What a device of a party says with an event.

    A party without a role (a gateway that passes on other systems' documents) bears witness only: whatever its
    events tell of, they go into the evidence log and move nothing.

    Raises:
        Malformed: a step of ours lacks what it needs; `field` names it.
    """
    with _readable():
        return read(event) if has_roles else witnessed(event)


def capture_for(event: dict[str, object], *, has_roles: bool) -> Capture:
    """The capture that a device of a party signs for an event; raises as `reading_for`."""
    with _readable():
        return captured(canonical.evidence(event), reading_for(event, has_roles=has_roles))


def refuse(session: Session, error: JiulianError, body: bytes, *, now: datetime) -> int:
    """Keep a refused message with the reason; returns its number. For a transaction of its own."""
    try:
        signer = claimed_signer(json_text.load(body))
    except Unreadable:
        signer = None
    # PostgreSQL's texts cannot hold the character 0; a stranger's field may quote one.
    details = json.loads(json.dumps(error.details, default=str).replace("\\u0000", "\\ufffd"))
    message = str(error).replace("\0", "\ufffd")
    return store.add_refusal(session, error.kind, message, details, signer, body[:BODY_BYTES_MAX], now)


def load(body: bytes) -> object:
    """The JSON value of a message; raises scanner.errors.Malformed for what two readers might read in two ways."""
    return json_text.load(body)


def dump(value: object) -> bytes:
    """A value as JSON, to be kept."""
    return json.dumps(value, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: a receipt, or a refusal and the number it is kept under."""

    receipt: Receipt | None = None
    refusal: JiulianError | None = None
    kept: int | None = None


@dataclass(frozen=True)
class Desk:
    """Takes messages one by one, each in a transaction of its own; refusals are kept in another. Whoever asks for no
    more of a message than whether it was taken leaves `how_far` out."""

    sessions: sessionmaker[Session]
    domain: signing.Domain
    reactions: Sequence[Reaction]
    late_days: int = LATE_DAYS
    how_far: HowFar | None = None

    def take(self, message: object, *, now: datetime) -> Taken:
        """Submit one message.

        Raises:
            Unavailable: not now; nothing is kept, since the same message may be taken later.
        """
        try:
            with self.sessions() as session, session.begin():
                receipt = submit(
                    session,
                    message,
                    domain=self.domain,
                    now=now,
                    reactions=self.reactions,
                    late_days=self.late_days,
                )
                if self.how_far is not None and not receipt.fresh:
                    receipt = replace(receipt, state=self.how_far(session, receipt.evidence))
            return Taken(receipt)
        except Unavailable:
            raise
        except JiulianError as error:
            return Taken(refusal=error, kept=self.keep(error, dump(message), now=now))

    def keep(self, error: JiulianError, body: bytes, *, now: datetime) -> int:
        """Keep a refused message; returns its number."""
        with self.sessions() as session, session.begin():
            return refuse(session, error, body, now=now)


def find_event(session: Session, evidence: bytes) -> Stored | None:
    """The capture with this evidence, with its event, or None."""
    return next(iter(store.list_by_evidence(session, [evidence])), None)


@contextmanager
def _readable() -> Iterator[None]:
    """What the scanner cannot read is malformed for us too."""
    try:
        yield
    except Unreadable as error:
        raise Malformed(str(error), field=error.field, reason=error.reason) from error
