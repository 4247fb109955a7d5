"""Parties, devices and invitations as the chain knows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from ledger_indexer.bindings.logs import DeviceInvited
from ledger_indexer.rows import tables


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
