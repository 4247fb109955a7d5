"""What others may ask the mirror. Every answer is of one moment: the transaction of the connection given."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eth_hash.auto import keccak
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_

from ledger_indexer.bindings.logs import Captured, CaptureVoided, DeviceInvited, HeadAccepted
from ledger_indexer.rows import tables
from ledger_indexer.rows.decode import RawLog

CapturedRow = Captured
VoidedRow = CaptureVoided
HeadRow = HeadAccepted

_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest mirrored block; ``block_time`` in Unix seconds."""

    number: int
    hash: bytes
    block_time: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where an evidence stands; ``refused`` is the contract's reason, or None when it was accepted."""

    block_number: int
    log_index: int
    tx_hash: bytes
    refused: bytes | None


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


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device key as last enrolled on the chain; ``revoked`` when a later log took it away, by ``revoked_by`` (a
    device, or zero for the brand). ``way``, ``by`` and ``since`` as in `DeviceEnrolled`."""

    device: bytes
    party: bytes
    signer: bytes
    enrolled_block: int
    revoked: bool
    way: int = 0
    by: bytes = bytes(32)
    since: int = 0
    enrolled_at: int = 0
    revoked_by: bytes | None = None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party as last enrolled; ``standing`` 0 none, 1 active, 2 suspended, 3 revoked."""

    party: bytes
    roles: int
    territory: bytes
    standing: int


@dataclass(frozen=True, slots=True)
class Rewind:
    """One reorganisation that the mirror followed: from the old tip back to ``to_number``."""

    at: datetime
    from_number: int
    from_hash: bytes
    to_number: int
    depth: int
    beyond_window: bool


@dataclass(frozen=True, slots=True)
class Status:
    """The mirror's health in numbers; ``tip`` is None before the first block."""

    tip: Tip | None
    moved_at: datetime | None
    suspect_from: int | None
    logs: int
    quarantined: int
    rewinds: int
    deepest_rewind: int


def tip(conn: Connection) -> Tip | None:
    """The newest mirrored block, or None when nothing was mirrored yet."""
    c = tables.cursor.c
    row = conn.execute(select(c.number, c.hash, c.block_time)).one_or_none()
    return None if row is None else Tip(*row)


def positions_of(conn: Connection, evidences: Collection[bytes]) -> dict[bytes, Position]:
    """Where each evidence stands, of captures and declarations alike; unknown ones are absent.

    An acceptance outweighs refusals of the same.
    """
    found: dict[bytes, Position] = {}
    wanted = list(evidences)
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        r = tables.capture_refused.c
        refused = select(r.evidence, r.block_number, r.log_index, r.tx_hash, r.reason)
        for evidence, *place in conn.execute(refused.where(r.evidence.in_(part)).order_by(r.block_number, r.log_index)):
            found[evidence] = Position(*place)
        for c in (tables.captured.c, tables.capture_voided.c):
            accepted = select(c.evidence, c.block_number, c.log_index, c.tx_hash)
            for evidence, *place in conn.execute(accepted.where(c.evidence.in_(part))):
                found[evidence] = Position(place[0], place[1], place[2], None)
    return found


def captured(conn: Connection, evidence: bytes) -> CapturedRow | None:
    """The accepted capture with this evidence, or None."""
    row = conn.execute(_captures().where(tables.captured.c.evidence == evidence).limit(1)).one_or_none()
    return None if row is None else Captured(*row)


def declaration(conn: Connection, evidence: bytes) -> VoidedRow | None:
    """The accepted declaration with this evidence, or None."""
    c = tables.capture_voided.c
    row = conn.execute(select(tables.capture_voided).where(c.evidence == evidence).limit(1)).one_or_none()
    return None if row is None else CaptureVoided(*row)


def voided_by(conn: Connection, evidences: Collection[bytes]) -> dict[bytes, bytes]:
    """Of these captures those that are voided, each with the evidence of the declaration that voids it."""
    found: dict[bytes, bytes] = {}
    wanted, c = list(evidences), tables.capture_voided.c
    for start in range(0, len(wanted), _CHUNK):
        part = select(c.voids, c.evidence).where(c.voids.in_(wanted[start : start + _CHUNK]))
        found.update(tuple(row) for row in conn.execute(part))
    return found


def declarations_of_batch(conn: Connection, batch: bytes) -> Sequence[VoidedRow]:
    """Every accepted declaration about a batch, in chain order."""
    c = tables.capture_voided.c
    rows = select(tables.capture_voided).where(c.batch == batch).order_by(c.block_number, c.log_index)
    return [CaptureVoided(*row) for row in conn.execute(rows)]


def captures_of_batch(conn: Connection, batch: bytes) -> Sequence[CapturedRow]:
    """Every accepted capture of a batch, in chain order, voided ones too: ``voided_by`` tells them."""
    return [Captured(*row) for row in conn.execute(_captures().where(tables.captured.c.batch == batch))]


def captures_by_ref(conn: Connection, batch: bytes, ref: bytes) -> Sequence[CapturedRow]:
    """Captures of a batch that name this order, document or consignment, in chain order."""
    c = tables.captured.c
    return [Captured(*row) for row in conn.execute(_captures().where(c.batch == batch, c.ref == ref))]


def head(conn: Connection, log: bytes) -> HeadRow | None:
    """The newest accepted head of an evidence log, or None."""
    h = tables.head_accepted.c
    newest = select(tables.head_accepted).where(h.log == log)
    row = conn.execute(newest.order_by(h.block_number.desc(), h.log_index.desc()).limit(1)).one_or_none()
    return None if row is None else HeadAccepted(*row)


def heads_of(conn: Connection, log: bytes, since_size: int = 0) -> Sequence[HeadRow]:
    """Heads of a log larger than ``since_size`` leaves, in chain order."""
    h = tables.head_accepted.c
    heads = select(tables.head_accepted).where(h.log == log, h.size > since_size)
    return [HeadAccepted(*row) for row in conn.execute(heads.order_by(h.block_number, h.log_index))]


def first_head(conn: Connection, log: bytes, size: int) -> HeadRow | None:
    """The first head of a log that covers ``size`` leaves, or None when none does yet."""
    h = tables.head_accepted.c
    covering = select(tables.head_accepted).where(h.log == log, h.size >= size)
    row = conn.execute(covering.order_by(h.block_number, h.log_index).limit(1)).one_or_none()
    return None if row is None else HeadAccepted(*row)


def head_position(conn: Connection, log: bytes, size: int) -> Position | None:
    """Where the first head of a log stands that covers ``size`` leaves, or None when none does yet."""
    h = tables.head_accepted.c
    covering = select(h.block_number, h.log_index, h.tx_hash).where(h.log == log, h.size >= size)
    row = conn.execute(covering.order_by(h.block_number, h.log_index).limit(1)).one_or_none()
    return None if row is None else Position(row.block_number, row.log_index, row.tx_hash, refused=None)


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


def device(conn: Connection, signer: bytes) -> DeviceRow | None:
    """A device by its signer (20-byte address, or verifier and key), as last enrolled; None when never."""
    e = tables.device_enrolled.c
    rows = _devices(conn, e.device == keccak(signer))
    return rows[-1] if rows else None


def devices_by_signer(conn: Connection, signers: Collection[bytes]) -> dict[bytes, DeviceRow]:
    """Devices by signer, each as last enrolled; one that never was is absent."""
    names = [keccak(signer) for signer in signers]
    return {each.signer: each for each in _devices(conn, tables.device_enrolled.c.device == func.any(names))}


def signers_on_notice(conn: Connection, time: int) -> set[bytes]:
    """Devices that may not speak yet in a block of this time (Unix seconds)."""
    e = tables.device_enrolled.c
    return set(conn.execute(select(e.signer).where(e.since > time, e.since > e.block_time)).scalars())


def devices(conn: Connection, party: bytes | None = None) -> Sequence[DeviceRow]:
    """Devices in chain order, of a party or all."""
    e = tables.device_enrolled.c
    return _devices(conn, None if party is None else e.party == party)


def _devices(conn: Connection, wanted: ColumnElement[bool] | None) -> list[DeviceRow]:
    e, r = tables.device_enrolled.c, tables.device_revoked.c
    later = or_(r.block_number > e.block_number, and_(r.block_number == e.block_number, r.log_index > e.log_index))
    query = select(
        e.device,
        e.party,
        e.signer,
        e.block_number,
        e.way,
        e.by,
        e.since,
        e.block_time,
        r.by.label("gone"),
        r.block_time,
    ).select_from(tables.device_enrolled.outerjoin(tables.device_revoked, and_(r.device == e.device, later)))
    if wanted is not None:
        query = query.where(wanted)
    return [
        DeviceRow(device, party, signer, block, gone is not None, way, by, since, at, gone, gone_at)
        for device, party, signer, block, way, by, since, at, gone, gone_at in conn.execute(
            query.order_by(e.block_number, e.log_index)
        )
    ]


def invitations(conn: Connection, party: bytes) -> Sequence[DeviceInvited]:
    """Invitations that were opened for a party, in chain order."""
    i = tables.device_invited.c
    wanted = select(tables.device_invited).where(i.party == party)
    return [DeviceInvited(*row) for row in conn.execute(wanted.order_by(i.block_number, i.log_index))]


def enrolment(
    conn: Connection, key: bytes, at: tuple[int, int]
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Where a device, by its id, was last enrolled before a place (block, log index), and where first revoked since."""
    e, r = tables.device_enrolled.c, tables.device_revoked.c
    enrolled = select(e.block_number, e.log_index).where(e.device == key, tuple_(e.block_number, e.log_index) < at)
    begun = conn.execute(enrolled.order_by(e.block_number.desc(), e.log_index.desc()).limit(1)).one_or_none()
    if begun is None:
        return None, None
    revoked = select(r.block_number, r.log_index).where(r.device == key)
    revoked = revoked.where(tuple_(r.block_number, r.log_index) > tuple(begun))
    gone = conn.execute(revoked.order_by(r.block_number, r.log_index).limit(1)).one_or_none()
    return (begun.block_number, begun.log_index), gone and (gone.block_number, gone.log_index)


def enrolled_parties(conn: Connection, party_ids: Collection[bytes]) -> set[bytes]:
    """Those of some parties that the chain knows."""
    e = tables.party_enrolled.c
    return set(conn.execute(select(e.party).where(e.party == func.any(list(party_ids))).distinct()).scalars())


def party(conn: Connection, party_id: bytes) -> PartyRow | None:
    """A party as the chain knows it now, or None."""
    e, s = tables.party_enrolled.c, tables.standing_changed.c
    enrolled = select(e.party, e.roles, e.territory).where(e.party == party_id)
    row = conn.execute(enrolled.order_by(e.block_number.desc(), e.log_index.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    standing = select(s.standing).where(s.party == party_id)
    newest = standing.order_by(s.block_number.desc(), s.log_index.desc()).limit(1)
    return PartyRow(*row, standing=conn.execute(newest).scalar_one_or_none() or 0)


def logs_of(
    conn: Connection, tx_hashes: Collection[bytes], address: bytes, blocks: tuple[int, int | None] = (0, None)
) -> Sequence[RawLog]:
    """Raw logs that a contract emitted in some transactions, between two blocks. Reads a row a block: name few."""
    b = tables.raw_block.c
    wanted = select(b.block_number, b.log_index, b.tx_index, b.tx_hash, b.address, b.topics, b.data)
    first, last = blocks
    wanted = wanted.where(b.block_number >= first, b.tx_hash.op("&&")(list(tx_hashes)))
    if last is not None:
        wanted = wanted.where(b.block_number <= last)
    hashes = set(tx_hashes)
    found = []
    for row in conn.execute(wanted.order_by(b.block_number)):
        for index, order, tx, at, topics, data in zip(*row[1:], strict=True):
            if tx in hashes and at == address:
                found.append(RawLog(row.block_number, index, tx, order, at, topics, data))
    return found


def rewinds(conn: Connection, limit: int = 100) -> Sequence[Rewind]:
    """The latest reorganisations, newest first."""
    t = tables.rewind.c
    wanted = select(t.at, t.from_number, t.from_hash, t.to_number, t.depth, t.beyond_window)
    return [Rewind(*row) for row in conn.execute(wanted.order_by(t.id.desc()).limit(limit))]


def status(conn: Connection) -> Status:
    """The mirror's health, for people and for readiness checks."""
    c, r = tables.cursor.c, tables.rewind.c
    row = conn.execute(select(c.number, c.hash, c.block_time, c.moved_at, c.suspect_from)).one_or_none()
    counts = conn.execute(
        select(
            select(func.coalesce(func.sum(func.cardinality(tables.raw_block.c.log_index)), 0)).scalar_subquery(),
            select(func.count()).select_from(tables.quarantine).scalar_subquery(),
            select(func.count()).select_from(tables.rewind).scalar_subquery(),
            select(func.coalesce(func.max(r.depth), 0)).scalar_subquery(),
        )
    ).one()
    if row is None:
        return Status(None, None, None, *counts)
    return Status(Tip(row.number, row.hash, row.block_time), row.moved_at, row.suspect_from, *counts)


def _captures() -> Select[Any]:
    c = tables.captured.c
    return select(tables.captured).order_by(c.block_number, c.log_index)
