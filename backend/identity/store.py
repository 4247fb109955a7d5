"""SQL of identity."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Select, bindparam, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.prepared import PreparedQuery
from backend.db.searching import begins, typed
from backend.db.tables.identity import device, location, login_session, party, user
from backend.identity import store_keys
from backend.identity.rules import Device, DeviceWay, Location, Party, Principal, SilencedBy, Standing
from backend.identity.rules_keys import ChangeKind


def add_party(session: Session, value: Party, at: datetime) -> None:
    """Add a party; the same GLN again changes nothing."""
    session.execute(
        upsert(party)
        .values(
            gln=value.gln,
            name=value.name,
            roles=sorted(value.roles),
            adcode=value.adcode,
            supplier=value.supplier,
            standing=value.standing,
            enrolled_at=at,
        )
        .on_conflict_do_nothing()
    )


class PartyRow(Protocol):
    """A row of the parties."""

    gln: str
    name: str
    roles: list[str]
    adcode: str
    supplier: str | None
    standing: str


class DeviceRow(Protocol):
    """A row of the devices."""

    signer: bytes
    label: str
    revoked_at: datetime | None
    way: str
    waits: bool
    since: datetime | None
    silenced_by: SilencedBy | None
    enrolled_at: datetime


class SpeakerRow(PartyRow, DeviceRow, Protocol):
    """A device and its party."""


_PARTY: PreparedQuery[PartyRow] = PreparedQuery(select(party).where(party.c.gln == bindparam("gln")))
_SPEAKER: PreparedQuery[SpeakerRow] = PreparedQuery(
    select(*party.c, *(each for each in device.c if each.name != "party"))
    .join(device, device.c.party == party.c.gln)
    .where(device.c.signer == bindparam("signer"))
)


def _party(row: PartyRow) -> Party:
    return Party(row.gln, row.name, frozenset(row.roles), row.adcode, row.supplier, Standing(row.standing))


def find_party(session: Session, gln: str) -> Party | None:
    """The party with this GLN."""
    row = _PARTY.one(session, {"gln": gln})
    return _party(row) if row else None


def list_parties(
    session: Session, *, role: str | None = None, supplier: str | None = None, sanctioned: bool = False
) -> list[Party]:
    """Parties by GLN, all or those with a role or a supplier, or those that are not active."""
    query = select(party).order_by(party.c.gln)
    if role:
        query = query.where(party.c.roles.contains([role]))
    if supplier:
        query = query.where(party.c.supplier == supplier)
    if sanctioned:
        query = query.where(party.c.standing != Standing.ACTIVE)
    return [_party(row) for row in session.execute(query)]


def names_of(session: Session, glns: Collection[str]) -> dict[str, str]:
    """Names of some parties, by GLN."""
    rows = session.execute(select(party.c.gln, party.c.name).where(party.c.gln.in_(set(glns)))) if glns else ()
    return {row.gln: row.name for row in rows}


def parties_of(session: Session, glns: Collection[str]) -> dict[str, Party]:
    """Some parties, by GLN."""
    rows = session.execute(select(party).where(party.c.gln.in_(set(glns)))) if glns else ()
    return {row.gln: _party(row) for row in rows}


def list_matching(session: Session, words: str, limit: int, *, among: Select[tuple[str]] | None = None) -> list[str]:
    """GLNs of parties whose name holds some words, or whose GLN begins with them; of those `among`, or of all."""
    found = typed(words)
    has_name = party.c.folded.contains(found.lower(), autoescape=True)
    query = select(party.c.gln).where(or_(has_name, begins(party.c.gln, found))).limit(limit)
    if among is not None:
        query = query.where(party.c.gln.in_(among))
    return list(session.execute(query).scalars())


def count_supplied(session: Session, glns: Collection[str], role: str) -> dict[str, int]:
    """How many parties with a role each of some suppliers has."""
    query = select(party.c.supplier, func.count().label("number")).where(party.c.supplier.in_(set(glns)))
    rows = session.execute(query.where(party.c.roles.contains([role])).group_by(party.c.supplier))
    return {row.supplier: row.number for row in rows}


def supplied_by(glns: Collection[str], role: str) -> Select[tuple[str, str]]:
    """`member` and `of`: parties with a role and their suppliers, to be joined within a query of another store."""
    query = select(party.c.gln.label("member"), party.c.supplier.label("of"))
    return query.where(party.c.supplier.in_(set(glns)), party.c.roles.contains([role]))


def having(role: str) -> Select[tuple[str, str]]:
    """`member` and `of` (the role): parties with a role, to be joined within a query of another store."""
    return select(party.c.gln.label("member"), literal(role).label("of")).where(party.c.roles.contains([role]))


def count_regions(session: Session, role: str | None = None) -> dict[str, int]:
    """How many parties, all or with a role, each province (two digits) has."""
    province = func.left(party.c.adcode, 2)
    query = select(province.label("province"), func.count().label("number")).group_by(province)
    if role is not None:
        query = query.where(party.c.roles.contains([role]))
    return {row.province: row.number for row in session.execute(query.order_by(province))}


def set_standing(session: Session, gln: str, standing: Standing, *, now: datetime | None = None) -> None:
    """Set a party's standing (active, suspended, revoked), in one order with the captures; the same changes nothing.

    `now` is when it is in force, where that is not this very moment.
    """
    store_keys.take_order(session)
    wanted = (party.c.gln == gln) & (party.c.standing != standing)
    if session.execute(update(party).where(wanted).values(standing=standing)).rowcount:  # type: ignore[attr-defined]
        store_keys.add_change(
            session, ChangeKind.STANDING, gln, f"standing:{gln}:{standing}", now or datetime.now(UTC), standing=standing
        )


def add_stand_ins(session: Session, schema: str) -> None:
    """Let a schema have parties of its own, all of them active."""
    session.execute(text(f"create table {schema}.party as select * from public.party"))  # noqa: S608
    session.execute(text(f"update {schema}.party set standing = 'active'"))  # noqa: S608


def add_location(session: Session, value: Location) -> None:
    """Add a place; the same GLN again changes nothing."""
    session.execute(upsert(location).values(**value.__dict__).on_conflict_do_nothing())


def list_locations(
    session: Session, glns: Collection[str] | None = None, *, parties: Collection[str] | None = None
) -> list[Location]:
    """Places by GLN, all, some, or those of some parties."""
    query = select(location).order_by(location.c.gln)
    if glns is not None:
        query = query.where(location.c.gln.in_(glns))
    if parties is not None:
        query = query.where(location.c.party.in_(parties))
    return [Location(r.gln, r.party, r.name, r.adcode, r.lat, r.lon) for r in session.execute(query)]


def add_user(session: Session, name: str, password_hash: str, roles: Collection[str], party_gln: str | None) -> None:
    """Add a person; the same name again changes nothing."""
    session.execute(
        upsert(user)
        .values(name=name, password_hash=password_hash, roles=sorted(roles), party=party_gln)
        .on_conflict_do_nothing()
    )


def find_password_hash(session: Session, name: str) -> tuple[int, str] | None:
    """Id and password hash of an active person."""
    row = session.execute(
        select(user.c.id, user.c.password_hash).where(user.c.name == name, user.c.active)
    ).one_or_none()
    return (row.id, row.password_hash) if row else None


def add_session(session: Session, token_hash: bytes, user_id: int, expires_at: datetime) -> None:
    """Remember a log-in by the hash of its token."""
    session.execute(insert(login_session).values(token_hash=token_hash, user=user_id, expires_at=expires_at))


def delete_session(session: Session, token_hash: bytes) -> None:
    """Forget a log-in."""
    session.execute(delete(login_session).where(login_session.c.token_hash == token_hash))


def find_principal(session: Session, token_hash: bytes, now: datetime) -> Principal | None:
    """The person behind a log-in that has not expired."""
    is_given = user.c.made_by.is_not(None) & user.c.own_since.is_(None)
    query = select(user.c.id, user.c.name, user.c.roles, user.c.party, is_given.label("given"), user.c.notice_until)
    row = session.execute(
        query.join(login_session, login_session.c.user == user.c.id).where(
            login_session.c.token_hash == token_hash, login_session.c.expires_at > now, user.c.active
        )
    ).one_or_none()
    if row is None:
        return None
    return Principal(row.id, row.name, frozenset(row.roles), row.party, row.given, row.notice_until)


def add_device(session: Session, value: Device, at: datetime) -> None:
    """Enrol a device; the same key again changes nothing."""
    session.execute(
        upsert(device)
        .values(
            signer=value.signer,
            party=value.party,
            label=value.label,
            way=value.way,
            waits=value.waits,
            enrolled_at=at,
        )
        .on_conflict_do_nothing()
    )


def find_device(session: Session, signer: bytes) -> Device | None:
    """The device with this key, revoked or not."""
    row = session.execute(select(device).where(device.c.signer == signer)).one_or_none()
    return _device(row, row.party) if row else None


def find_speaker(session: Session, signer: bytes) -> tuple[Party, Device] | None:
    """The device with this key, and its party."""
    row = _SPEAKER.one(session, {"signer": signer})
    return (_party(row), _device(row, row.gln)) if row else None


def _device(r: DeviceRow, party_gln: str) -> Device:
    return Device(
        r.signer,
        party_gln,
        r.label,
        r.revoked_at,
        DeviceWay(r.way),
        r.waits,
        r.since,
        r.silenced_by,
        enrolled_at=r.enrolled_at,
    )


def list_devices(session: Session, party_gln: str | None = None) -> list[Device]:
    """Devices, all or those of a party."""
    query = select(device).order_by(device.c.party, device.c.label)
    if party_gln:
        query = query.where(device.c.party == party_gln)
    return [_device(row, row.party) for row in session.execute(query)]
