"""Use cases of capture: take a device's word, or keep why it was refused."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from backend.capture import store
from backend.capture.rules import (
    BODY_BYTES_MAX,
    Accepted,
    Message,
    Receipt,
    Stored,
    WronglySigned,
    check_plausible,
    claimed_signer,
    parse_message,
)
from backend.errors import JiulianError, Malformed, Unavailable
from backend.identity import service as identity
from ledger_indexer.bindings.deployments import Deployment
from scanner.device import signing
from scanner.device.capture import Capture, capture_of, evidence_only
from scanner.epcis import canonical, json_text
from scanner.epcis.event import parse_event
from scanner.errors import Malformed as Unreadable

Reaction = Callable[[Session, Accepted], None]
"""What follows an accepted capture, in its transaction; raising refuses the capture."""

NO_CHAIN = signing.Domain(0, bytes(20))
"""The domain of signatures where no contracts were deployed yet: none of them counts on any chain."""

Refusal = store.Refusal
list_captures = store.list_captures
list_refusals = store.list_refusals
list_by_evidence = store.list_by_evidence


def load_domain(deployment: Path) -> signing.Domain:
    """Where signatures count: the deployed ledger, or nowhere when the file is not there yet."""
    try:
        deployed = Deployment.load(deployment)
    except FileNotFoundError:
        return NO_CHAIN
    return signing.Domain(deployed.chain_id, bytes.fromhex(deployed.batch_ledger[2:]))


def submit(
    session: Session, message: object, *, domain: signing.Domain, now: datetime, reactions: Sequence[Reaction]
) -> Receipt:
    """Take one capture. Repeating it gives the same receipt and changes nothing.

    Raises:
        Malformed: a field is missing or wrong; `field` names it.
        Untrusted: unknown or revoked device, no or a wrong signature, an implausible time or actor.
        Refused: the state of the trade says no; raised by a reaction.
    """
    said = parse_message(message)
    with _readable():
        parse_event(said.event)
        evidence = canonical.evidence(said.event)
    if store.is_captured(session, evidence):
        return Receipt(evidence, "captured", fresh=False)
    accepted = _judge(session, said, evidence, domain, now)
    if not store.add_capture(session, accepted, canonical.canonical(said.event)):
        return Receipt(evidence, "captured", fresh=False)
    for react in reactions:
        react(session, accepted)
    return Receipt(evidence, "captured", fresh=True)


def _judge(session: Session, said: Message, evidence: bytes, domain: signing.Domain, now: datetime) -> Accepted:
    identity.hold_standing(session)
    device = identity.get_device(session, said.signer, now=now)
    party = identity.get_party(session, device.party)
    capture = capture_for(said.event, has_roles=bool(party.roles))
    if not signing.verify(capture, said.signer, said.signature, domain):
        raise WronglySigned(signer="0x" + said.signer.hex())
    accepted = Accepted(evidence, said.event, capture, said.signer, said.signature, party.gln, now)
    check_plausible(accepted, now=now)
    return accepted


def capture_for(event: dict[str, Any], *, has_roles: bool) -> Capture:
    """What a device of a party says with an event.

    A party without a role (a gateway that passes on other systems' documents) bears witness only: whatever its
    events tell of, they go into the evidence log and move nothing.

    Raises:
        Malformed: a step of ours lacks what it needs; `field` names it.
    """
    with _readable():
        return capture_of(event) if has_roles else evidence_only(event)


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
    """Takes messages one by one, each in a transaction of its own; refusals are kept in another."""

    sessions: sessionmaker[Session]
    domain: signing.Domain
    reactions: Sequence[Reaction]

    def take(self, message: object, *, now: datetime) -> Taken:
        """Submit one message.

        Raises:
            Unavailable: not now; nothing is kept, since the same message may be taken later.
        """
        try:
            with self.sessions() as session, session.begin():
                receipt = submit(session, message, domain=self.domain, now=now, reactions=self.reactions)
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
