"""A change of a party's standing takes two people and, on chain, a delay. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from backend.errors import Malformed, NotAllowed, Refused
from backend.identity.rules import Party, Principal, Standing

STANDINGS = tuple(Standing)
REASON_MOST = 500


class SanctionState(StrEnum):
    """How far a sanction is; a confirmed one waits for its delay."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


OPEN = (SanctionState.PROPOSED, SanctionState.CONFIRMED)
"""States in which a sanction waits and may be withdrawn."""


class NotOfTheBrand(NotAllowed):
    """Only the brand's own people decide on a party's standing."""


class ReasonMissing(Malformed):
    """A sanction needs a reason that the party can read."""


class StandingAlreadySo(Refused):
    """The party has this standing already."""


class BrandIsNotSanctioned(Refused):
    """The brand's own standing does not change here."""


class SanctionWaits(Refused):
    """Another change of this party's standing waits; confirm or withdraw that one first."""


class ConfirmsOwnProposal(NotAllowed):
    """A second person must confirm: whoever proposed a sanction cannot."""


class SanctionWithdrawn(Refused):
    """This sanction was withdrawn; propose it anew."""


class SanctionInForce(Refused):
    """This sanction is in force; what undoes it is a new one, by two people again."""


class SanctionReused(Refused):
    """This id stands for another sanction already."""


@dataclass(frozen=True)
class Wish:
    """What is proposed: `standing` for a party, and why."""

    id: UUID
    party: str
    standing: Standing
    reason: str


@dataclass(frozen=True)
class Sanction:
    """A change of standing and how far it is: proposed, confirmed (it waits), in_force or withdrawn.

    People are numbers of log-ins. `effective_from` is the earliest moment of its effect, known from confirmation on.
    """

    id: UUID
    party: str
    standing: Standing
    reason: str
    state: SanctionState
    proposed_by: int
    proposed_at: datetime
    confirmed_by: int | None = None
    confirmed_at: datetime | None = None
    effective_from: datetime | None = None
    withdrawn_by: int | None = None
    withdrawn_at: datetime | None = None
    in_force_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits."""
        return self.state in OPEN

    @property
    def wish(self) -> Wish:
        """What was proposed."""
        return Wish(self.id, self.party, self.standing, self.reason)


class SanctionRow(Protocol):
    """A row of the sanctions."""

    id: UUID
    party: str
    standing: str
    reason: str
    state: str
    proposed_by: int
    proposed_at: datetime
    confirmed_by: int | None
    confirmed_at: datetime | None
    effective_from: datetime | None
    withdrawn_by: int | None
    withdrawn_at: datetime | None
    in_force_at: datetime | None


def sanction_from(r: SanctionRow) -> Sanction:
    """A row of the sanctions as a value."""
    standing, state = Standing(r.standing), SanctionState(r.state)
    return Sanction(
        r.id, r.party, standing, r.reason, state, r.proposed_by, r.proposed_at, r.confirmed_by, r.confirmed_at,
        r.effective_from, r.withdrawn_by, r.withdrawn_at, r.in_force_at,
    )  # fmt: skip


def is_of_brand(by: Principal, party: Party | None) -> bool:
    """Whether a person speaks for the brand: of no company, or of the brand's own (`party` is the person's)."""
    return by.party is None or (party is not None and "brand" in party.roles)


def propose(wish: Wish, party: Party, waiting: Sanction | None, *, by: int, now: datetime) -> Sanction:
    """The sanction as it begins.

    Raises:
        ReasonMissing, BrandIsNotSanctioned, StandingAlreadySo: it makes no sense.
        SanctionWaits: one at a time.
    """
    if not wish.reason or len(wish.reason) > REASON_MOST:
        raise ReasonMissing(most=REASON_MOST, is_=len(wish.reason))
    if "brand" in party.roles:
        raise BrandIsNotSanctioned(party=party.gln)
    if waiting is not None:
        raise SanctionWaits(sanction=str(waiting.id), change=waiting.standing)
    if party.standing == wish.standing:
        raise StandingAlreadySo(party=party.gln, standing=party.standing)
    return Sanction(wish.id, wish.party, wish.standing, wish.reason, SanctionState.PROPOSED, by, now)


def confirm(sanction: Sanction, *, by: int, delay: timedelta, now: datetime) -> Sanction:
    """The sanction once a second person stands for it: it takes effect when the delay has passed.

    Raises:
        ConfirmsOwnProposal: the same person.
        SanctionWithdrawn, SanctionInForce: too late.
    """
    if sanction.proposed_by == by:
        raise ConfirmsOwnProposal(sanction=str(sanction.id))
    _check_open(sanction)
    if sanction.state is SanctionState.CONFIRMED:
        return sanction
    return replace(
        sanction, state=SanctionState.CONFIRMED, confirmed_by=by, confirmed_at=now, effective_from=now + delay
    )


def withdraw(sanction: Sanction, *, by: int, now: datetime) -> Sanction:
    """The sanction taken back while it waits; one person is enough, for nobody is harmed by it.

    Raises:
        SanctionInForce: too late.
    """
    if sanction.state is SanctionState.WITHDRAWN:
        return sanction
    _check_open(sanction)
    return replace(sanction, state=SanctionState.WITHDRAWN, withdrawn_by=by, withdrawn_at=now)


def _check_open(sanction: Sanction) -> None:
    if sanction.state is SanctionState.WITHDRAWN:
        raise SanctionWithdrawn(sanction=str(sanction.id))
    if sanction.state is SanctionState.IN_FORCE:
        raise SanctionInForce(sanction=str(sanction.id), change=sanction.standing)


def record(sanction: Sanction, action: str, now: datetime) -> dict[str, object]:
    """What the evidence log keeps: who is concerned and what was done; no person's name, and of the reason its hash."""
    return {
        "kind": "sanction",
        "sanction": str(sanction.id),
        "party": sanction.party,
        "standing": sanction.standing,
        "action": action,
        "reason": sha256(sanction.reason.encode()).hexdigest(),
        "at": now.isoformat(),
    }
