"""Use cases of risk: put the trade's records together, score them, raise alerts."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.catalog import service as catalog
from backend.china_time import in_china
from backend.custody import service as custody
from backend.custody.rules import TrailStep
from backend.dealers import service as dealers
from backend.errors import NotFound
from backend.identity import service as identity
from backend.identity.rules import CUSTOMERS, KEEPERS
from backend.risk import attribution, resold, rules, store
from backend.risk.alert_forms import Carton, CartonReading, CartonStep, Way
from backend.risk.assembly import Attribution, Trade, dataset_of
from backend.risk.features.evidence import gather
from backend.risk.resold import Proof, Seller
from backend.risk.rules import ALERT_WEEKS, MODEL_VERSION, Alert, AlertKind, Dataset, Finding, Run
from backend.risk.scoring import score_week
from backend.risk.serial import inputs_hash
from backend.units import service as units
from backend.verification import service as verification
from backend.verification.rules import Scan
from backend.working import AlertReaction
from scanner.device.events import item_uri

LOOK_BACK = timedelta(weeks=26)
"""How far back readings and price reports are read."""
WEIGHTY = frozenset({"shop", "inspector"})
"""Readings that weigh as much as an opening."""
CARTON_READINGS = 40
"""Readings of the sample carton that an alert keeps."""

list_alerts = store.list_alerts
listing_of_runs = store.listing
find_last_run = store.find_last_run


def get_alert(session: Session, id: int, *, locked: bool = False) -> Alert:
    """An alert.

    Raises:
        NotFound: no such alert.
    """
    found = store.find_alert(session, id, locked=locked)
    if found is None:
        raise NotFound(f"no alert {id}", alert=id)
    return found


def gather_trade(session: Session, *, now: datetime) -> Trade:
    """Everything the engine reads, as known at a moment."""
    since = now - LOOK_BACK
    parties = [party for party in identity.list_parties(session) if "dealer" in party.roles]
    scans = verification.list_scans(session, since, now)
    return Trade(
        until=now,
        places=catalog.list_places(session),
        parties=parties,
        territories=dealers.list_territories(session),
        transfers=[t for t in dealers.list_transfers(session) if t.approved_at <= now],
        prices=catalog.list_prices(session),
        scans=scans,
        attributions=_attributions(session, scans, {party.gln for party in parties}, _homes(session)),
        reports=verification.list_price_reports(session, since, now),
    )


def _homes(session: Session) -> set[str]:
    """Who takes a bottle out of a dealer's hands by having it back; a store is his own market."""
    return {party.gln for party in identity.list_parties(session) if party.roles & KEEPERS}


def _attributions(
    session: Session, scans: list[Scan], dealer_glns: set[str], homes: set[str]
) -> dict[tuple[str, str], Attribution]:
    """The case each scanned bottle was packed in last, and the dealers that signed for it or for what it lay in, or
    answer by another's word: the sender's that it was delivered, or the addressee's that it went back."""
    bottles = {(scan.gtin, scan.serial): item_uri(scan.gtin, scan.serial) for scan in scans}
    cases = units.list_packages(session, bottles.values())
    answers = custody.answers(session, sorted(bottles.values()))
    found = {}
    for (gtin, serial), key in bottles.items():
        sscc = cases.get(key, "").rpartition("/")[2]
        held = attribution.read(answers.get(key, ()), dealer_glns, homes)
        found[gtin, serial] = Attribution(sscc or serial, held)
    return found


def export(session: Session, *, now: datetime) -> Dataset:
    """The dataset of this moment."""
    return dataset_of(gather_trade(session, now=now))


def score(session: Session, *, now: datetime, reactions: Sequence[AlertReaction] = ()) -> Run:
    """Score the trade as known now; open alerts or let findings join open ones. The run is a leaf of the log.

    Each of `reactions` follows every new alert in the order given.

    The same trade scored again changes no alert.
    """
    store.lock(session)
    trade = gather_trade(session, now=now)
    dataset = dataset_of(trade)
    scored = score_week(gather(dataset), dataset.weeks - 1)
    findings = scored.findings()
    proofs = gather_proofs(session, trade)
    sold = resold.findings(proofs, _sellers(session, trade), _map(trade), now)
    inputs = inputs_hash(dataset)
    record = _record(findings, inputs, now) | _sold_record(sold, proofs)
    evidence = anchoring.add_leaf(session, "risk-run", record, now=now)
    counts = len(dataset.scans), len(scored.view.dealer), len(findings) + len(sold)
    run = store.add_run(session, now, MODEL_VERSION, inputs, evidence, *counts)
    opened: list[int | None] = []
    for finding in findings:
        opened.append(_raise(session, finding, AlertKind.DIVERSION, _carton(session, finding, trade), run))
    for finding in sold:
        opened.append(_raise(session, finding, AlertKind.RESOLD, _sold_carton(session, finding, proofs), run))
    for alert_id in filter(None, opened):
        for react in reactions:
            react(session, alert_id)
    return run


def _record(findings: list[Finding], inputs: bytes, now: datetime) -> dict[str, object]:
    """What the evidence log keeps of a run: hash of the inputs, model, and what it found."""
    return {
        "kind": "risk-run",
        "at": now.isoformat(),
        "inputs": inputs.hex(),
        "model": MODEL_VERSION,
        "findings": [
            {"dealer": finding.dealer, "places": [[p.place, p.hundredths] for p in finding.places]}
            for finding in findings
        ],
    }


def _raise(session: Session, finding: Finding, kind: AlertKind, carton: Carton, run: Run) -> int | None:
    """Open an alert and give its id, or let the finding join an open one."""
    old = store.find_open(session, finding.dealer, kind, run.ran_at - timedelta(weeks=ALERT_WEEKS))
    if not rules.risen(old, finding):
        return None
    hundredths, places = rules.merged(old, finding)
    grown = store.Grown(hundredths, places, carton, run.ran_at, run.id)
    if old is not None:
        store.change_alert(session, old.id, grown)
        return None
    day = in_china(run.ran_at).date()
    return store.add_alert(session, finding.dealer, kind, day - timedelta(days=day.weekday()), grown)


def _carton(session: Session, finding: Finding, trade: Trade) -> Carton:
    """The case of which most was read at the gravest place: one of its bottles, its way, all its readings.

    `unsigned` counts the cases there that the dealer did not sign for, `returned` those of them that another says to
    have sent back to him; `suspended` is since when he could not sign meanwhile.
    """
    there = []
    for scan in trade.scans:
        bottle = trade.attributions[scan.gtin, scan.serial]
        held = bottle.at(scan.scanned_at)
        if scan.adcode == finding.places[0].place and held is not None and held.dealer == finding.dealer:
            there.append((bottle.sscc, scan, held))
    if not there:
        return {}
    sscc, _ = Counter(case for case, _, _ in there).most_common(1)[0]
    sample = next(scan for case, scan, _ in there if case == sscc)
    readings = [s for s in trade.scans if trade.attributions[s.gtin, s.serial].sscc == sscc]
    return {
        **_way(session, sample.gtin, sample.serial),
        "sscc": sscc,
        "cases": len({case for case, _, _ in there}),
        "unsigned": len({case for case, _, held in there if held.word is not None}),
        "returned": len({case for case, _, held in there if held.returned}),
        "given_back": len({case for case, _, held in there if held.given_back}),
        "suspended": min((held.suspended.isoformat() for _, _, held in there if held.suspended), default=None),
        "bottles": len({(scan.gtin, scan.serial) for _, scan, _ in there}),
        "readings": [
            {"at": s.scanned_at.isoformat(), "adcode": s.adcode, "serial": s.serial, "source": s.source}
            for s in readings[:CARTON_READINGS]
        ],
    }


def _way(session: Session, gtin: str, serial: str) -> Way:
    """A bottle with its way; where its addressee has not signed, what its sender says to have been delivered."""
    unit = catalog.find_unit(session, gtin, serial)
    way: list[CartonStep] = []
    for step in custody.trail(session, unit) if unit else ():
        way.append(_step(step))
        if step.delivery is not None:
            delivered = _carton_step(step.delivery.evidence, "arrive", step.delivery.at, step)
            way.append({**delivered, "late": step.delivery.late, "papers": list(step.delivery.papers)})
    return {"gtin": gtin, "batch": unit.batch if unit else "", "serial": serial, "way": way}


def _step(step: TrailStep) -> CartonStep:
    found = _carton_step(step.evidence, step.step.name.lower(), step.at, step)
    if step.late:
        found["late"] = True
    if step.declared:
        found["declared"] = step.declared.at.isoformat()
    if step.unconfirmed:
        found["unconfirmed"] = True
    if step.objection:
        found["disputed"] = True
    return found


def _carton_step(evidence: bytes, step: str, at: datetime, parties: TrailStep) -> CartonStep:
    return {
        "evidence": evidence.hex(),
        "step": step,
        "at": at.isoformat(),
        "actor": parties.actor,
        "sender": parties.sender,
        "addressee": parties.addressee,
    }


def gather_proofs(session: Session, trade: Trade) -> list[Proof]:
    """Bottles sold by name that were opened, or read by shops or inspectors, after that, and before the sale was
    declared an error, if it was."""
    since = trade.until - LOOK_BACK
    weighty = [
        (opening.opened_at, opening.gtin, opening.serial, opening.adcode)
        for opening in verification.list_openings(session, since, trade.until)
    ]
    weighty += [(s.scanned_at, s.gtin, s.serial, s.adcode) for s in trade.scans if s.source in WEIGHTY]
    sales = custody.list_sales(session, sorted({item_uri(gtin, serial) for _, gtin, serial, _ in weighty}))
    cases = units.list_packages(session, {item_uri(gtin, serial) for _, gtin, serial, _ in weighty})
    found = []
    for at, gtin, serial, adcode in weighty:
        sale = next((each for each in reversed(sales.get(item_uri(gtin, serial), ())) if each.stood(at)), None)
        if sale is not None and adcode:
            case = cases.get(item_uri(gtin, serial), serial).rpartition("/")[2]
            found.append(Proof(at, sale.seller, adcode, case, f"{gtin}/{serial}"))
    return sorted(found)


def _sellers(session: Session, trade: Trade) -> dict[str, Seller]:
    """Shops and dealers; where the dealer's bottles may be, those of the shops he supplies may."""
    regions: dict[str, list[str]] = {}
    for territory in trade.territories:
        regions.setdefault(territory.dealer, []).append(territory.prefix)
    for transfer in trade.transfers:
        regions.setdefault(transfer.dealer, []).append(transfer.prefix)
    return {
        party.gln: Seller(
            party.gln, party.adcode, tuple(regions.get(party.gln, []) + regions.get(party.supplier or "", []))
        )
        for party in identity.list_parties(session)
        if party.roles & set(CUSTOMERS)
    }


def _map(trade: Trade) -> dict[str, tuple[float, float, float]]:
    return {place.adcode: (place.lat, place.lon, float(place.population)) for place in trade.places}


def _sold_record(found: list[Finding], proofs: list[Proof]) -> dict[str, object]:
    """What the evidence log keeps beside: the proofs by their hash, and who is named; nothing while none were sold."""
    if not proofs:
        return {}
    lines = "".join(f"{p.at.isoformat()} {p.seller} {p.adcode} {p.case} {p.unit}\n" for p in proofs)
    named = [{"seller": f.dealer, "places": [[p.place, p.hundredths] for p in f.places]} for f in found]
    return {"sold_inputs": sha256(lines.encode()).hexdigest(), "sold": named}


def _sold_carton(session: Session, finding: Finding, proofs: list[Proof]) -> Carton:
    """The case of which most surfaced at the gravest place after its sale."""
    own = [p for p in proofs if p.seller == finding.dealer]
    there = [p for p in own if p.adcode == finding.places[0].place]
    case, _ = Counter(p.case for p in there).most_common(1)[0]
    gtin, _, serial = next(p.unit for p in there if p.case == case).partition("/")
    readings: list[CartonReading] = [
        {"at": p.at.isoformat(), "adcode": p.adcode, "serial": p.unit.rpartition("/")[2], "source": "proof"}
        for p in own
        if p.case == case
    ]
    return {
        **_way(session, gtin, serial),
        "sscc": case,
        "cases": len({p.case for p in there}),
        "unsigned": 0,
        "returned": 0,
        "given_back": 0,
        "suspended": None,
        "bottles": len({p.unit for p in there}),
        "readings": readings[:CARTON_READINGS],
    }
