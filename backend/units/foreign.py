"""Documents of others: kept as evidence that moves nothing, with a finding where they contradict themselves."""

from typing import Any

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted
from backend.units import store, store_told
from backend.units.store_told import KeptFinding
from backend.units.told import Contradiction, Finding, follow, named
from scanner.device.reading import Packing, shipment_of

list_findings = store_told.list_findings
count_findings = store_told.count_findings


def finding_json(finding: KeptFinding) -> dict[str, Any]:
    """A finding for programs: evidence in hex, the thing by its canonical name."""
    return {
        "evidence": finding.evidence.hex(),
        "kind": finding.kind,
        "unit": finding.unit,
        "against": finding.against.hex() if finding.against else None,
        "party": finding.party,
        "details": finding.details,
        "found_at": finding.found_at.isoformat(),
    }


def note(session: Session, accepted: Accepted) -> None:
    """Follow what a teller's event says of things, and keep what in it cannot be true."""
    if accepted.reading.voids is not None:
        return
    event = accepted.event
    listed, parent = named(event)
    keys = {*listed, *({parent} if parent else ())}
    if not keys:
        return
    known = store_told.load(session, accepted.party, keys)
    if parent is not None and not listed:
        known |= store_told.load_inside(session, accepted.party, parent)
    after, findings = follow(event, accepted.evidence, accepted.event_time, known, shipment_of(event))
    store_told.write(session, accepted.party, after)
    store_told.add_findings(session, accepted.evidence, accepted.party, findings, accepted.captured_at)


def check_observed(session: Session, accepted: Accepted, packing: Packing) -> None:
    """Compare what a party saw in a case with the record: what differs is a finding; an observation moves nothing."""
    record = store.load(session, [packing.parent.key, *(each.key for each in packing.children)])
    findings = []
    for each in packing.children:
        unit = record.find(each.key)
        if unit is not None and unit.parent != packing.parent.key:
            details = {"inside": unit.parent, "seen_in": packing.parent.key}
            findings.append(Finding(Contradiction.NOT_INSIDE, each.key, unit.evidence, details))
    store_told.add_findings(session, accepted.evidence, accepted.party, findings, accepted.captured_at)
