"""Changes of balances that rows of logs make; they add up in any grouping. Pure.

For every batch: born = held + in transit + sold + lost + consumed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger_indexer.rows.movements import (
    BATCH,
    BEARING,
    COUNTERPARTY,
    EVIDENCE,
    MOVING,
    NOTHING,
    PARTY,
    QUANTITY,
    RECEIVE,
    REF,
    RETURN,
    SELL,
    SHIP,
    STEP,
    VOIDED_STEP,
    Declaration,
    Input,
    Movement,
    consignment_of,
    opposite,
)


@dataclass(slots=True)
class AccountChanges:
    """Changes of a batch's account."""

    born: int = 0
    held: int = 0
    in_transit: int = 0
    sold: int = 0
    lost: int = 0
    consumed: int = 0


@dataclass(slots=True)
class ConsignmentChanges:
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
    accounts: dict[bytes, AccountChanges] = field(default_factory=dict)
    consignments: dict[bytes, ConsignmentChanges] = field(default_factory=dict)
    late: list[Movement] = field(default_factory=list)
    ids: dict[bytes, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def senders_needed(self) -> set[bytes]:
        """The consignments of what is late."""
        return {row[REF] for row in self.late}

    def hold(self, batch: bytes, party: bytes, quantity: int) -> None:
        """A party holds so much more (or less) of a batch."""
        key = (batch, party)
        held = self.holdings.get(key)
        if held is None:  # one object for each id, however many holdings name it: half of what a holding takes
            key, held = (self.ids.setdefault(batch, batch), self.ids.setdefault(party, party)), 0
        self.holdings[key] = held + quantity
        self.account(batch).held += quantity

    def account(self, batch: bytes) -> AccountChanges:
        """The batch's account."""
        account = self.accounts.get(batch)
        if account is None:
            account = self.accounts[batch] = AccountChanges()
        return account

    def consignment(self, evidence: bytes, batch: bytes) -> ConsignmentChanges:
        """The consignment that the shipment with this evidence opened."""
        parcel = self.consignments.get(evidence)
        if parcel is None:
            parcel = self.consignments[evidence] = ConsignmentChanges(batch)
        return parcel


def fold(
    captures: Iterable[Movement],
    inputs: Iterable[Input],
    actors: Mapping[bytes, bytes] | None = None,
    onto: Changes | None = None,
    *,
    voided: Iterable[Declaration] = (),
    restored: Iterable[Input] = (),
) -> Changes:
    """Add up rows of ``Captured`` and ``InputConsumed`` in chain order, and of ``CaptureVoided`` and ``InputRestored``.

    ``actors`` names the party of evidences whose capture is not among ``captures`` (an input's batch is not its
    capture's). What is sent back from a consignment opened elsewhere stays ``late``, for ``send_back``. Every other row
    whose capture is unknown, because that log lies in quarantine, moves nothing; the audit shows it.
    With ``onto`` the sums of earlier rows go on, and it is given back.
    """
    changes = Changes() if onto is None else onto
    parties = dict(actors or {})
    for row in captures:
        parties[row[EVIDENCE]] = row[PARTY]
        if row[STEP] in MOVING:
            _move(changes, row)
    for declaration in voided:
        parties[declaration[EVIDENCE]] = declaration[PARTY]
        if declaration[VOIDED_STEP] in MOVING:
            _move(changes, opposite(declaration))
    for used in inputs:
        _use(changes, parties.get(used[EVIDENCE]), used[-2], used[-1])
    for back in restored:
        _use(changes, parties.get(back[EVIDENCE]), back[-2], -back[-1])
    return changes


def _use(changes: Changes, party: bytes | None, batch: bytes, quantity: int) -> None:
    if party is not None:
        changes.hold(batch, party, -quantity)
        changes.account(batch).consumed += quantity


def send_back(changes: Changes, senders: Mapping[bytes, bytes]) -> None:
    """Add up what is late, given who opened those consignments; where nobody did, that log lies in quarantine."""
    for row in changes.late:
        sender = senders.get(row[REF])
        if sender is not None:
            _return(changes, row, sender)
    changes.late.clear()


def fold_unconsigned(
    captures: Sequence[Movement],
    inputs: Iterable[Input],
    onto: Changes,
    *,
    voided: Sequence[Declaration] = (),
    restored: Iterable[Input] = (),
) -> None:
    """Add up rows in chain order as ``fold`` does, but leave to ``fold_consigned`` what concerns a consignment."""
    actors = {row[EVIDENCE]: row[PARTY] for row in captures} | {row[EVIDENCE]: row[PARTY] for row in voided}
    alone = [row for row in captures if consignment_of(row) is None]
    undone = [row for row in voided if consignment_of(opposite(row)) is None]
    fold(alone, inputs, actors, onto, voided=undone, restored=restored)


def fold_consigned(captures: Iterable[Movement], onto: Changes) -> Iterator[tuple[bytes, ConsignmentChanges]]:
    """Add up captures, and opposites of such, that concern consignments: all of one, in chain order, then of the next.

    Each is given with its evidence once it is whole, and forgotten: of ``onto`` only holdings and accounts grow.
    """
    for row in captures:
        if onto.consignments and consignment_of(row) not in onto.consignments:
            yield onto.consignments.popitem()
        _move(onto, row)
    if onto.consignments:
        yield onto.consignments.popitem()


def _return(changes: Changes, row: Movement, sender: bytes) -> None:
    changes.consignment(row[REF], row[BATCH]).returned += row[QUANTITY]
    changes.account(row[BATCH]).in_transit -= row[QUANTITY]
    changes.hold(row[BATCH], sender, row[QUANTITY])


def _move(changes: Changes, row: Movement) -> None:
    batch, party, step, quantity, ref = row[BATCH], row[PARTY], row[STEP], row[QUANTITY], row[REF]
    account = changes.account(batch)
    if step in BEARING:
        account.born += quantity
        changes.hold(batch, party, quantity)
    elif step == SHIP:
        parcel = changes.consignment(row[EVIDENCE], batch)
        if quantity > 0:  # its opposite opens nothing: it may be all that these rows say of the consignment
            parcel.sender, parcel.addressee = party, row[COUNTERPARTY]
        parcel.shipped += quantity
        account.in_transit += quantity
        changes.hold(batch, party, -quantity)
    elif step == RECEIVE:
        changes.consignment(ref, batch).received += quantity
        account.in_transit -= quantity
        changes.hold(batch, party, quantity)
    elif step == RETURN:
        opened = changes.consignments.get(ref)
        if opened is not None and opened.sender is not None:
            _return(changes, row, opened.sender)
        else:
            changes.late.append(row)
    elif step == SELL:
        account.sold += quantity
        changes.hold(batch, party, -quantity)
    elif ref == NOTHING:
        account.lost += quantity
        changes.hold(batch, party, -quantity)
    else:
        changes.consignment(ref, batch).lost += quantity
        account.in_transit -= quantity
        account.lost += quantity
