"""Use cases of verification: look at a bottle, open it, report a price, forget old scans."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.anchoring.rules import AnchorState
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.custody import service as custody
from backend.custody.rules import TrailStep
from backend.errors import Malformed, Unavailable
from backend.identity import service as identity
from backend.identity.rules import NEAREST_FIRST
from backend.units import service as units
from backend.verification import marks, openings, rules, schemas, store, store_openings, way_history
from backend.verification.openings import Opened, Opening
from backend.verification.rules import Facts, Look, UnknownCode, Visitor
from ledger_indexer.bindings.deployments import Deployment
from scanner.codes.run import leaf_data, origin
from scanner.device.capture import Step
from scanner.epcis.canonical import canonical
from scanner.evidence.checkpoint import Checkpoint
from scanner.evidence.proof_file import ChainCoordinates, ProofFile, format_proof

list_scans = store.list_scans
list_price_reports = store.list_price_reports
list_openings = store_openings.list_openings
count_wrong_codes = store_openings.count_wrong_codes
find_opening = store_openings.find_opening


def get_unit(session: Session, gtin: str, serial: str, batch: str | None = None) -> Unit:
    """The bottle behind a code; a code that names another batch is not ours.

    Raises:
        UnknownCode: no such bottle.
    """
    unit = catalog.find_unit(session, gtin, serial)
    if unit is None or (batch is not None and unit.batch != batch):
        raise UnknownCode(gtin=gtin, serial=serial)
    return unit


def see(session: Session, unit: Unit, phone: str) -> Look:
    """What is known of a bottle, without recording a look."""
    steps = tuple(step for step in custody.trail(session, unit) if step.declared is None)
    opening, own = store_openings.find_opening(session, unit, Visitor(phone, None)) or (None, False)
    facts = Facts(
        unit=unit,
        recalled=custody.is_recalled(session, unit.gtin, unit.batch),
        steps=steps,
        opened_at=opening.opened_at if opening else None,
        opened_by_you=own,
        earlier=store.earlier(session, unit.gtin, unit.serial, phone),
    )
    product = catalog.get_product(session, unit.gtin)
    further = custody.goes_further_back(session, unit, steps)
    return Look(product, unit, rules.verdict(facts), steps, facts.earlier, opening, further)


def look(session: Session, unit: Unit, visitor: Visitor, *, salt: bytes, now: datetime) -> Look:
    """What is known of a bottle; the look is recorded, and is a leaf of the evidence log.

    The same request again, or the same phone within some minutes, records nothing new.
    """
    seen = see(session, unit, visitor.phone)
    once = visitor.request_id or rules.scan_window(visitor, unit, now)
    number = store.add_scan(session, unit, replace(visitor, request_id=once), now, seen.verdict.kind, salt)
    if number is None:  # this very look is among the earlier ones
        return replace(seen, earlier=replace(seen.earlier, own=max(0, seen.earlier.own - 1)))
    record = rules.scan_record(unit, visitor, now, seen.verdict.kind, number)
    anchoring.add_leaf(session, "scan", record, now=now)
    return seen


def open_bottle(session: Session, unit: Unit, typed: str, visitor: Visitor, *, now: datetime) -> Opened:
    """Register that a bottle is opened, by the inner code under its cap.

    Once: a later right code gets the first opening, the same phone or form again as its own. It is a leaf of the log.

    Raises:
        InnerCodeMistyped: it is no inner code at all.
        InnerCodeWrong: it is not this bottle's; `count_wrong_code` keeps count of those.
    """
    openings.check_inner(unit, typed)
    record = openings.opening_record(unit, visitor.adcode, now)
    evidence = hashlib.sha256(canonical(record)).digest()
    if store_openings.add_opening(session, unit, visitor, now, evidence):
        anchoring.add_leaf(session, "opening", record, now=now)
        units.open_bottle(session, unit.gtin, unit.serial, now=now)
        return Opened(Opening(now, unit.gtin, unit.batch, unit.serial, visitor.adcode, evidence), own=True, fresh=True)
    kept = store_openings.find_opening(session, unit, visitor)
    assert kept is not None  # it is in the way of the new one, and openings are never deleted
    return Opened(kept[0], own=kept[1], fresh=False)


def count_wrong_code(session: Session, unit: Unit, *, now: datetime) -> bool:
    """Count a wrong code at a bottle; whether there were too many in this hour to answer it on its merits."""
    return store_openings.add_wrong_code(session, unit, now) > openings.WRONG_PER_HOUR


def look_at_unknown(session: Session, code: str, visitor: Visitor, *, salt: bytes, now: datetime) -> None:
    """Keep that somebody scanned a code which is none of ours: the first trace of a fake."""
    store.add_unknown_scan(session, code, visitor, now, salt)


def report_price(
    session: Session,
    unit: Unit,
    *,
    adcode: str,
    price_fen: int | None,
    shop: str,
    note: str,
    request_id: str | None,
    now: datetime,
) -> str:
    """Keep what a consumer reports; its ticket number. Shop and note stay with us; the log gets place and price only.

    Raises:
        Malformed: the place is unknown, the price is not positive, or a text is too long.
    """
    if catalog.find_place(session, adcode) is None:
        raise Malformed("this city is not known", field="adcode")
    if price_fen is not None and not 0 < price_fen < 10_000_000:
        raise Malformed("the price must be between 0 and 100,000 yuan", field="price_yuan")
    if len(shop) > 120 or len(note) > 1000:
        raise Malformed("the text is too long", field="shop" if len(shop) > 120 else "note")
    ticket, fresh = store.add_price_report(
        session, unit, adcode=adcode, price_fen=price_fen, shop=shop, note=note, request_id=request_id, at=now
    )
    if fresh:
        record = {
            "kind": "price-report",
            "ticket": ticket,
            "gtin": unit.gtin,
            "batch": unit.batch,
            "serial": unit.serial,
            "hour": now.strftime("%Y-%m-%dT%H:00Z"),
            "adcode": adcode,
            "price_fen": price_fen,
        }
        anchoring.add_leaf(session, "price-report", record, now=now)
    return ticket


def forget_old_scans(session: Session, *, days: int, now: datetime) -> int:
    """Delete raw scans older than `days`, and what tells the phones that opened bottles then; how many scans."""
    store_openings.forget_phones_before(session, now - timedelta(days=days))
    return store.delete_scans_before(session, now - timedelta(days=days))


def city_names(session: Session, steps: Sequence[TrailStep], language: str) -> dict[str, str]:
    """City of each place on a bottle's way, by GLN, in the reader's language."""
    glns = {step.location for step in steps if step.location}
    found = {}
    for place in identity.list_locations(session, glns):
        city = catalog.find_place(session, place.adcode)
        found[place.gln] = city.label(language) if city else place.adcode
    return found


def receiver_kinds(session: Session, steps: Sequence[TrailStep]) -> dict[str, str]:
    """What kind of party signed for each receipt, by GLN: store, dealer, warehouse, producer or brand."""
    found = {}
    for gln in {step.actor for step in steps if step.step is Step.RECEIVE}:
        party = identity.find_party(session, gln)
        kind = next((role for role in NEAREST_FIRST if party and role in party.roles), None)
        if kind:
            found[gln] = kind
    return found


def states(session: Session, steps: Sequence[TrailStep]) -> dict[str, AnchorState]:
    """How far each step's evidence is, by its hex."""
    found = anchoring.states(session, [step.evidence for step in steps])
    return {evidence.hex(): state for evidence, state in found.items()}


def place_name(session: Session, adcode: str, language: str) -> str:
    """A city's name in the reader's language; its code when it is not in our list."""
    found = catalog.find_place(session, adcode)
    return found.label(language) if found else adcode


def proof(session: Session, unit: Unit, deployment: Deployment) -> dict[str, object]:
    """All that a phone needs to check a bottle against the chain by itself, as JSON values."""
    trail = custody.trail(session, unit)
    told = way_history.of_bottle(session, unit, [step.evidence for step in trail])
    told = [each for each in told if not each.voided]
    deliveries = {step.evidence: step.delivery for step in trail if step.delivery is not None}
    size, path, root = catalog.unit_proof(session, unit)
    return {
        "unit": {
            "gtin": unit.gtin,
            "batch": unit.batch,
            "serial": unit.serial,
            "sscc": unit.sscc,
            "inner": unit.inner_hash,
        },
        "index": unit.index,
        "size": size,
        "path": [each.hex() for each in path],
        "root": root.hex(),
        "goes_further_back": custody.goes_further_back(session, unit, trail),
        "history": schemas.history(told, marks.of(session, told), deliveries),
        "chain": {
            "id": deployment.chain_id,
            "ledger": deployment.batch_ledger,
            "participants": deployment.participants,
            "evidence_log": deployment.evidence_log,
            "from_block": deployment.block,
        },
    }


def proof_text(session: Session, unit: Unit, deployment: Deployment) -> str:
    """The proof file as text. Raises as `proof_file`."""
    return format_proof(proof_file(session, unit, deployment))


def proof_file(session: Session, unit: Unit, deployment: Deployment) -> ProofFile:
    """The bottle's proof as a small file that anybody checks without us (`jiulian verify`).

    Raises:
        Unavailable: the batch's codes are not on chain yet.
    """
    steps = custody.trail(session, unit)
    commissioned = next((step for step in steps if step.step is Step.COMMISSION), None)
    state = anchoring.find_state(session, commissioned.evidence) if commissioned else None
    if state is None or state.block_number is None or state.tx_hash is None:
        raise Unavailable("the codes of this batch are not on chain yet; try again in a moment")
    size, path, root = catalog.unit_proof(session, unit)
    leaf = leaf_data(unit.gtin, unit.batch, unit.serial, unit.inner_hash, unit.sscc)
    ledger = bytes.fromhex(deployment.batch_ledger.removeprefix("0x"))
    coordinates = ChainCoordinates(deployment.chain_id, ledger, state.block_number, state.tx_hash)
    named = origin(deployment.chain_id, unit.gtin, unit.batch)
    return ProofFile(leaf, unit.index, tuple(path), Checkpoint(named, size, root), coordinates)
