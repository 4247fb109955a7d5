"""Use cases of risk: put the trade's records together, score them, raise alerts."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.dealers import service as dealers
from backend.errors import NotFound
from backend.identity import service as identity
from backend.risk import rules, store
from backend.risk.assembly import CHINA, Attribution, Trade, dataset_of
from backend.risk.features.evidence import gather
from backend.risk.rules import ALERT_WEEKS, DIVERSION, MODEL_VERSION, Alert, Dataset, Finding, Run
from backend.risk.scoring import score_week
from backend.risk.serial import inputs_hash
from backend.units import service as units
from backend.verification import service as verification
from backend.verification.rules import Scan
from scanner.device.events import item_uri

LOOK_BACK = timedelta(weeks=26)
"""How far back readings and price reports are read."""
CARTON_READINGS = 40
"""Readings of the sample carton that an alert keeps."""

list_alerts = store.list_alerts
list_runs = store.list_runs
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
    return {party.gln for party in identity.list_parties(session) if party.roles & {"brand", "producer", "warehouse"}}


def _attributions(
    session: Session, scans: list[Scan], dealer_glns: set[str], homes: set[str]
) -> dict[tuple[str, str], Attribution]:
    """The case each scanned bottle was packed in last, and the dealers that signed for it or for what it lay in."""
    bottles = {(scan.gtin, scan.serial): item_uri(scan.gtin, scan.serial) for scan in scans}
    cases = units.list_packages(session, bottles.values())
    receivers = custody.receivers_of_units(session, sorted(bottles.values()))
    found = {}
    for (gtin, serial), key in bottles.items():
        sscc = cases.get(key, "").rpartition("/")[2]
        signed = receivers.get(key, ())
        told = tuple((at, gln if gln in dealer_glns else None) for gln, at, _ in signed if gln in dealer_glns | homes)
        found[gtin, serial] = Attribution(sscc or serial, told)
    return found


def export(session: Session, *, now: datetime) -> Dataset:
    """The dataset of this moment."""
    return dataset_of(gather_trade(session, now=now))


def score(session: Session, *, now: datetime) -> Run:
    """Score the trade as known now; open alerts or let findings join open ones. The run is a leaf of the log.

    The same trade scored again changes no alert.
    """
    store.lock(session)
    trade = gather_trade(session, now=now)
    dataset = dataset_of(trade)
    scored = score_week(gather(dataset), dataset.weeks - 1)
    findings = scored.findings()
    inputs = inputs_hash(dataset)
    evidence = anchoring.add_leaf(session, "risk-run", _record(findings, inputs, now), now=now)
    run = store.add_run(
        session,
        ran_at=now,
        model=MODEL_VERSION,
        inputs_hash=inputs,
        evidence=evidence,
        scans=len(dataset.scans),
        candidates=len(scored.view.dealer),
        findings=len(findings),
    )
    for finding in findings:
        _raise(session, finding, trade, run)
    return run


def _record(findings: list[Finding], inputs: bytes, now: datetime) -> dict[str, Any]:
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


def _raise(session: Session, finding: Finding, trade: Trade, run: Run) -> None:
    old = store.find_open(session, finding.dealer, DIVERSION, run.ran_at - timedelta(weeks=ALERT_WEEKS))
    if not rules.risen(old, finding):
        return
    hundredths, places = rules.merged(old, finding)
    values = {
        "score_hundredths": hundredths,
        "places": places,
        "carton": _carton(session, finding.dealer, places[0]["adcode"], trade),
        "changed_at": run.ran_at,
        "run": run.id,
    }
    if old is not None:
        store.change_alert(session, old.id, **values)
        return
    day = run.ran_at.astimezone(CHINA).date()
    store.add_alert(
        session,
        day - timedelta(days=day.weekday()),
        dealer=finding.dealer,
        kind=DIVERSION,
        opened_at=run.ran_at,
        version=1,
        **values,
    )


def _carton(session: Session, dealer: str, adcode: str, trade: Trade) -> dict[str, Any]:
    """The case of which most was read at the place: one of its bottles, its way, all its readings."""
    there = [
        (bottle.sscc, scan)
        for scan in trade.scans
        if scan.adcode == adcode
        and (bottle := trade.attributions[scan.gtin, scan.serial]).dealer_at(scan.scanned_at) == dealer
    ]
    if not there:
        return {}
    sscc, _ = Counter(case for case, _ in there).most_common(1)[0]
    sample = next(scan for case, scan in there if case == sscc)
    unit = catalog.find_unit(session, sample.gtin, sample.serial)
    readings = [s for s in trade.scans if trade.attributions[s.gtin, s.serial].sscc == sscc]
    return {
        "gtin": sample.gtin,
        "batch": sample.batch,
        "serial": sample.serial,
        "sscc": sscc,
        "cases": len({case for case, _ in there}),
        "bottles": len({(scan.gtin, scan.serial) for _, scan in there}),
        "way": [
            {
                "evidence": step.evidence.hex(),
                "step": step.step.name.lower(),
                "at": step.at.isoformat(),
                "actor": step.actor,
                "sender": step.sender,
                "addressee": step.addressee,
            }
            for step in (custody.trail(session, unit) if unit else ())
        ],
        "readings": [
            {"at": s.scanned_at.isoformat(), "adcode": s.adcode, "serial": s.serial, "source": s.source}
            for s in readings[:CARTON_READINGS]
        ],
    }
