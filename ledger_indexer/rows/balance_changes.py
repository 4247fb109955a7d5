"""Changes of balances that rows of logs make; they add up in any grouping. Pure.

For every batch: born = held + in transit + sold + lost + consumed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

_PLACE = 4
_EVIDENCE, _BATCH, _PARTY, _STEP, _QUANTITY, _COUNTERPARTY, _REF = (_PLACE + n for n in (0, 1, 2, 3, 4, 5, 9))
_VOIDED_STEP = _PLACE + 4
NOTHING = bytes(32)
"""What a capture has where it names nothing."""


FOLDED = ("Captured", "InputConsumed", "CaptureVoided", "InputRestored")
"""The logs that are added up, in the order in which ``fold`` takes their rows."""


class Step(IntEnum):
    """The contract's steps."""

    NONE = 0
    HARVEST = 1
    FERMENT = 2
    DISTIL = 3
    AGE = 4
    BLEND = 5
    BOTTLE = 6
    INSPECT = 7
    COMMISSION = 8
    SHIP = 9
    RECEIVE = 10
    RETURN = 11
    SELL = 12
    WRITE_OFF = 13
    RECALL = 14
    LIFT = 15


BEARING = frozenset({Step.HARVEST, Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})
CONSIGNING = frozenset({Step.SHIP, Step.RECEIVE, Step.RETURN})
"""Steps that always concern a consignment; a write-off does when it names one."""
MOVING = CONSIGNING | BEARING | {Step.SELL, Step.WRITE_OFF}
_SHIP, _RECEIVE, _RETURN, _SELL, _WRITE_OFF = (
    int(s) for s in (Step.SHIP, Step.RECEIVE, Step.RETURN, Step.SELL, Step.WRITE_OFF)
)


@dataclass(slots=True)
class Account:
    """Changes of a batch's account."""

    born: int = 0
    held: int = 0
    in_transit: int = 0
    sold: int = 0
    lost: int = 0
    consumed: int = 0


@dataclass(slots=True)
class Parcel:
    """Changes of a consignment; ``sender`` and ``addressee`` are set where it was opened."""

    batch: bytes
    sender: bytes | None = None
    addressee: bytes | None = None
    shipped: int = 0
    received: int = 0
    returned: int = 0
    lost: int = 0


@dataclass(slots=True)
class Changes:
    """What to add to the mirror's balances. ``late`` are returns of consignments that no row among them opened."""

    holdings: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    accounts: dict[bytes, Account] = field(default_factory=dict)
    parcels: dict[bytes, Parcel] = field(default_factory=dict)
    late: list[Sequence[Any]] = field(default_factory=list)
    ids: dict[bytes, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def senders_needed(self) -> set[bytes]:
        """The consignments of what is late."""
        return {row[_REF] for row in self.late}

    def hold(self, batch: bytes, party: bytes, quantity: int) -> None:
        """A party holds so much more (or less) of a batch."""
        key = (batch, party)
        held = self.holdings.get(key)
        if held is None:  # one object for each id, however many holdings name it: half of what a holding takes
            key, held = (self.ids.setdefault(batch, batch), self.ids.setdefault(party, party)), 0
        self.holdings[key] = held + quantity
        self.account(batch).held += quantity

    def account(self, batch: bytes) -> Account:
        """The batch's account."""
        account = self.accounts.get(batch)
        if account is None:
            account = self.accounts[batch] = Account()
        return account

    def parcel(self, evidence: bytes, batch: bytes) -> Parcel:
        """The consignment that the shipment with this evidence opened."""
        parcel = self.parcels.get(evidence)
        if parcel is None:
            parcel = self.parcels[evidence] = Parcel(batch)
        return parcel


def fold(
    captures: Iterable[Sequence[Any]],
    inputs: Iterable[Sequence[Any]],
    actors: Mapping[bytes, bytes] | None = None,
    onto: Changes | None = None,
    *,
    voided: Iterable[Sequence[Any]] = (),
    restored: Iterable[Sequence[Any]] = (),
) -> Changes:
    """Add up rows of ``Captured`` and ``InputConsumed`` in chain order, and of ``CaptureVoided`` and ``InputRestored``.

    ``actors`` names the party of evidences whose capture is not among ``captures`` (an input's batch is not its
    capture's). What is sent back from a consignment opened elsewhere stays ``late``, for ``send_back``. Any other row
    whose capture is unknown, because that log lies in quarantine, moves nothing; the audit shows it.
    With ``onto`` the sums of earlier rows go on, and it is given back.
    """
    changes = Changes() if onto is None else onto
    parties = dict(actors or {})
    for row in captures:
        parties[row[_EVIDENCE]] = row[_PARTY]
        if row[_STEP] in MOVING:
            _move(changes, row)
    for row in voided:
        parties[row[_EVIDENCE]] = row[_PARTY]
        if row[_VOIDED_STEP] in MOVING:
            _move(changes, opposite(row))
    for row in inputs:
        _use(changes, parties.get(row[_EVIDENCE]), row[-2], row[-1])
    for row in restored:
        _use(changes, parties.get(row[_EVIDENCE]), row[-2], -row[-1])
    return changes


def opposite(declaration: Sequence[Any]) -> tuple[Any, ...]:
    """What a row of ``CaptureVoided`` does, as a row of ``Captured``: the capture that it voids, the quantity turned.

    Added up with that capture's own it gives nothing. All that is not said again is left out.
    """
    place, batch, party, voids, step = declaration[:_PLACE], *declaration[_BATCH : _VOIDED_STEP + 1]
    quantity, counterparty, location, time, ref, device = declaration[_VOIDED_STEP + 1 :]
    return (*place, voids, batch, party, step, -quantity, counterparty, location, time, NOTHING, ref, device)


def _use(changes: Changes, party: bytes | None, batch: bytes, quantity: int) -> None:
    if party is not None:
        changes.hold(batch, party, -quantity)
        changes.account(batch).consumed += quantity


def send_back(changes: Changes, senders: Mapping[bytes, bytes]) -> None:
    """Add up what is late, given who opened those consignments; where nobody did, that log lies in quarantine."""
    for row in changes.late:
        sender = senders.get(row[_REF])
        if sender is not None:
            _return(changes, row, sender)
    changes.late.clear()


def consignment_of(capture: Sequence[Any]) -> bytes | None:
    """The consignment that a capture opens or moves, by the evidence of its shipment; None when it concerns none."""
    step: int = capture[_STEP]
    evidence: bytes = capture[_EVIDENCE]
    ref: bytes = capture[_REF]
    if step == _SHIP:
        return evidence
    return ref if step in CONSIGNING or (step == _WRITE_OFF and ref != NOTHING) else None


def fold_unconsigned(
    captures: Sequence[Sequence[Any]],
    inputs: Iterable[Sequence[Any]],
    onto: Changes,
    *,
    voided: Sequence[Sequence[Any]] = (),
    restored: Iterable[Sequence[Any]] = (),
) -> None:
    """Add up rows in chain order as ``fold`` does, but leave to ``fold_consigned`` what concerns a consignment."""
    actors = {row[_EVIDENCE]: row[_PARTY] for row in (*captures, *voided)}
    alone = [row for row in captures if consignment_of(row) is None]
    undone = [row for row in voided if consignment_of(opposite(row)) is None]
    fold(alone, inputs, actors, onto, voided=undone, restored=restored)


def fold_consigned(captures: Iterable[Sequence[Any]], onto: Changes) -> Iterator[tuple[bytes, Parcel]]:
    """Add up captures, and opposites of such, that concern consignments: all of one, in chain order, then of the next.

    Each is given with its evidence once it is whole, and forgotten: of ``onto`` only holdings and accounts grow.
    """
    for row in captures:
        if onto.parcels and consignment_of(row) not in onto.parcels:
            yield onto.parcels.popitem()
        _move(onto, row)
    if onto.parcels:
        yield onto.parcels.popitem()


def _return(changes: Changes, row: Sequence[Any], sender: bytes) -> None:
    changes.parcel(row[_REF], row[_BATCH]).returned += row[_QUANTITY]
    changes.account(row[_BATCH]).in_transit -= row[_QUANTITY]
    changes.hold(row[_BATCH], sender, row[_QUANTITY])


def _move(changes: Changes, row: Sequence[Any]) -> None:
    batch, party, step, quantity, ref = row[_BATCH], row[_PARTY], row[_STEP], row[_QUANTITY], row[_REF]
    account = changes.account(batch)
    if step in BEARING:
        account.born += quantity
        changes.hold(batch, party, quantity)
    elif step == _SHIP:
        parcel = changes.parcel(row[_EVIDENCE], batch)
        if quantity > 0:  # its opposite opens nothing: it may be all that these rows say of the consignment
            parcel.sender, parcel.addressee = party, row[_COUNTERPARTY]
        parcel.shipped += quantity
        account.in_transit += quantity
        changes.hold(batch, party, -quantity)
    elif step == _RECEIVE:
        changes.parcel(ref, batch).received += quantity
        account.in_transit -= quantity
        changes.hold(batch, party, quantity)
    elif step == _RETURN:
        opened = changes.parcels.get(ref)
        if opened is not None and opened.sender is not None:
            _return(changes, row, opened.sender)
        else:
            changes.late.append(row)
    elif step == _SELL:
        account.sold += quantity
        changes.hold(batch, party, -quantity)
    elif ref == NOTHING:
        account.lost += quantity
        changes.hold(batch, party, -quantity)
    else:
        changes.parcel(ref, batch).lost += quantity
        account.in_transit -= quantity
        account.lost += quantity
