"""Use cases of the warehouse app: everything that one party's devices need to ship and receive without a network."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from backend import clock
from backend.capture.service import load_domain
from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.custody.rules import Consignment
from backend.identity import accounts
from backend.identity import service as identity
from backend.identity.rules import Device, Party, Principal
from backend.identity.rules_accounts import Account
from backend.identity.rules_keys import KeyStanding, is_waiting, standing_of
from backend.orders import service as orders
from backend.units import service as units
from backend.warehouse import rules
from backend.warehouse.rules import BatchCases, DeviceStanding
from backend.warehouse.schemas import Delivery, DeviceState, Work
from scanner.device.signing import ADDRESS_BYTES

_STANDINGS = {
    KeyStanding.ACTIVE: DeviceStanding.ENROLLED,
    KeyStanding.WAITS: DeviceStanding.WAITS,
    KeyStanding.REVOKED: DeviceStanding.REVOKED,
    KeyStanding.STOPPED: DeviceStanding.STOPPED,
}


def work_of(
    session: Session, principal: Principal, *, signer: bytes | None, deployment: Path, language: str, now: datetime
) -> Work:
    """The work of the person's party, as it stands.

    Raises:
        WorksForNobody: the person belongs to no party.
    """
    if principal.party is None:
        raise rules.WorksForNobody(name=principal.name)
    party = identity.get_party(session, principal.party)
    ship = tuple(orders.list_documents(session, party.gln))
    under_way = custody.list_consignments(session, to=party.gln, open=True)
    wanted = {each.batch.gtin for each in under_way} | {line.gtin for document in ship for line in document.lines}
    held = {(each.batch.gtin, each.batch.batch) for each in custody.list_holdings(session, party=party.gln)}
    products = tuple(each for each in catalog.list_products(session))
    known = {each.gtin for each in products}

    def place_name(adcode: str) -> str:
        place = catalog.find_place(session, adcode)
        return place.label(language) if place else ""

    return Work(
        at=now,
        party=party,
        places=tuple(identity.list_locations(session, parties=[party.gln])),
        domain=load_domain(deployment),
        device=find_device(session, signer, party.gln, now=now) if signer else None,
        admitters=tuple(list_admitters(session, party.gln, now=now)),
        products=tuple(each for each in products if each.gtin in wanted or any(each.gtin == gtin for gtin, _ in held)),
        batches=tuple(_batch(session, party, gtin, batch) for gtin, batch in sorted(held) if gtin in known),
        ship=ship,
        receive=tuple(_delivery(session, each) for each in under_way),
        place_name=place_name,
        log_ins=tuple(_log_ins_from_outside(session, party.gln)),
    )


def _log_ins_from_outside(session: Session, party: str) -> list[tuple[Account, str | None]]:
    """Those that may still be stopped. Log-ins live by the wall clock, whatever the demo's story says."""
    found = accounts.list_from_outside(session, party)
    return [(each, maker) for each, maker in found if each.active and each.has_notice(clock.now())]


def find_device(session: Session, signer: bytes, party: str, *, now: datetime) -> DeviceState:
    """How we know a device that works for a party."""
    device = identity.find_device(session, signer)
    if device is None:
        return DeviceState(signer, DeviceStanding.UNKNOWN)
    standing = standing_of(device, now)
    if device.party != party:
        is_over = standing in (KeyStanding.REVOKED, KeyStanding.STOPPED)
        return DeviceState(signer, DeviceStanding.REVOKED if is_over else DeviceStanding.OTHER)
    until = device.since if standing is KeyStanding.WAITS else None
    return DeviceState(signer, _STANDINGS[standing], device.label, until, device.way, device.revoked_at)


def device_of(session: Session, principal: Principal, signer: bytes, *, now: datetime) -> DeviceState:
    """How a device of the person's party stands: little enough to be asked while it waits to be let in.

    Raises:
        WorksForNobody: the person belongs to no party.
    """
    if principal.party is None:
        raise rules.WorksForNobody(name=principal.name)
    return find_device(session, signer, principal.party, now=now)


def list_admitters(session: Session, party: str, *, now: datetime) -> list[Device]:
    """The devices of a party with an app of their own that may admit another one now."""
    found = (each for each in identity.list_devices(session, party) if len(each.signer) == ADDRESS_BYTES)
    return [each for each in found if each.silenced_by is None and not is_waiting(each, now)]


def _batch(session: Session, party: Party, gtin: str, batch: str) -> BatchCases:
    cases = rules.cases_of(units.list_held(session, party.gln, gtin, batch))
    return BatchCases(gtin, batch, custody.is_recalled(session, gtin, batch), rules.ranges(cases))


def _delivery(session: Session, consignment: Consignment) -> Delivery:
    expected = rules.cases_of(units.list_under_way(session, consignment.evidence))
    told = custody.list_unsigned(session, [consignment.evidence])
    sender = identity.get_party(session, consignment.sender)
    when, late = (told[0].at, told[0].late) if told else (None, False)
    return Delivery(consignment, sender, rules.ranges(expected), when, late)
