"""Holdings, batch accounts and consignments in the mirror."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ledger_indexer.rows import tables


@dataclass(frozen=True, slots=True)
class Holding:
    """How much of a batch a party holds, in the batch's unit."""

    batch: bytes
    party: bytes
    held: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A batch's account; born = held + in_transit + sold + lost + consumed."""

    batch: bytes
    born: int
    held: int
    in_transit: int
    sold: int
    lost: int
    consumed: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """A shipment under way; ``open`` is what is still in transit."""

    evidence: bytes
    batch: bytes
    sender: bytes
    addressee: bytes
    shipped: int
    received: int
    returned: int
    lost: int

    @property
    def open(self) -> int:
        """What has neither arrived, nor gone back, nor been written off."""
        return self.shipped - self.received - self.returned - self.lost


def holdings(conn: Connection, batch: bytes | None = None, party: bytes | None = None) -> Sequence[Holding]:
    """Who holds how much, of one batch, by one party, or all; only what is held now."""
    t = tables.holding.c
    wanted = select(t.batch, t.party, t.held).where(t.held > 0)
    if batch is not None:
        wanted = wanted.where(t.batch == batch)
    if party is not None:
        wanted = wanted.where(t.party == party)
    return [Holding(*row) for row in conn.execute(wanted.order_by(t.batch, t.party))]


def totals(conn: Connection, batch: bytes | None = None) -> Sequence[Totals]:
    """The accounts of all batches, or of one."""
    wanted = select(tables.batch_total).order_by(tables.batch_total.c.batch)
    if batch is not None:
        wanted = wanted.where(tables.batch_total.c.batch == batch)
    return [Totals(*row) for row in conn.execute(wanted)]


def consignment(conn: Connection, evidence: bytes) -> Consignment | None:
    """The consignment that a shipment opened, or None."""
    wanted = select(tables.consignment).where(tables.consignment.c.evidence == evidence)
    row = conn.execute(wanted).one_or_none()
    return None if row is None else Consignment(*row)


def consignments_to(conn: Connection, addressee: bytes) -> Sequence[Consignment]:
    """Consignments still open towards a party."""
    t = tables.consignment.c
    still = t.shipped > t.received + t.returned + t.lost
    wanted = select(tables.consignment).where(t.addressee == addressee, still).order_by(t.evidence)
    return [Consignment(*row) for row in conn.execute(wanted)]
