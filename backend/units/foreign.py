"""Documents of others: kept as evidence that moves nothing, with a finding where they contradict themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Accepted
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.units import store, store_findings, store_told
from backend.units.following import follow
from backend.units.told import Contradiction, Finding, KeptFinding, Statement, Story
from backend.units.told_words import documents, named, parts_of, repeats
from scanner.device.event_values import Packing
from scanner.epcis.canonical import ni

Wanted = store_findings.Wanted
list_findings = store_findings.list_findings
count_findings = store_findings.count_findings
listing = store_findings.listing
count_all = store_findings.count_all


class ThingSort(StrEnum):
    """What a code stands for."""

    BOTTLE = "bottle"
    CASE = "case"
    CLASS = "class"
    OTHER = "other"
    """A name of the teller's own: nothing is said of what it is."""


@dataclass(frozen=True)
class Thing:
    """What a finding is about, as far as it is known. `code` is its serial, SSCC or name; `is_ours`: it is a bottle
    whose code was made here."""

    sort: ThingSort
    code: str
    gtin: str | None
    batch: str | None
    is_ours: bool = False


def things_of(session: Session, names: Sequence[str]) -> list[Thing]:
    """The things of some names, in their order, with product and batch as name, record of units or code says."""
    parts = [parts_of(name) for name in names]
    known = store_findings.batches_of(session, names)
    bottles = {(gtin, serial) for each in parts if (gtin := each.get("01")) and (serial := each.get("21")) is not None}
    units = catalog.find_units(session, bottles)
    return [_thing(session, name, each, known.get(name), units) for name, each in zip(names, parts, strict=True)]


def _thing(
    session: Session,
    name: str,
    parts: Mapping[str, str],
    known: tuple[str, str] | None,
    units: Mapping[tuple[str, str], Unit],
) -> Thing:
    gtin, batch = parts.get("01"), parts.get("10")
    if (sscc := parts.get("00")) is not None:
        gtin, batch = known or catalog.find_numbered(session, sscc) or (None, None)
        return Thing(ThingSort.CASE, sscc, gtin, batch)
    if gtin is None or (serial := parts.get("21")) is None:
        return Thing(ThingSort.CLASS if batch else ThingSort.OTHER, batch or name, gtin, batch)
    unit = units.get((gtin, serial))
    batch = unit.batch if unit else (known[1] if known else batch)
    return Thing(ThingSort.BOTTLE, serial, gtin, batch, is_ours=unit is not None)


def finding_json(finding: KeptFinding) -> dict[str, object]:
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
    party, statement = accepted.party, Statement(accepted.event, accepted.evidence, accepted.event_time)
    if accepted.reading.voids is not None:
        _correct(session, accepted, accepted.reading.voids)
        return
    listed, parent = named(accepted.event)
    keys = {*listed, *({parent} if parent else ())}
    if not keys:
        return
    texts = {name for _, name in documents(accepted.event)} | {ni(accepted.evidence)}
    store_told.add_names(session, party, statement.evidence, keys | {store_told.DOCUMENT + each for each in texts})
    if store_told.is_error(session, party, statement.evidence):
        return
    if parent is not None and not listed:
        keys |= set(store_told.load_inside(session, party, parent))
    story = store_told.load(session, party, keys, texts)
    findings = follow(statement, story)
    store_told.write(session, party, story)
    store_findings.add_findings(session, statement.evidence, party, findings, accepted.captured_at)


def _correct(session: Session, accepted: Accepted, voided: bytes) -> None:
    """An event of the teller counts no longer: everything it bears upon is followed anew without it.

    Systems that add fields of their own do not repeat an event to the letter; then its eventID says which it is, and
    the rest must say the same: many companies tell through one gateway, and none takes back another's word.
    """
    if not store_told.is_told(session, accepted.party, voided):
        voided = _find_repeated(session, accepted) or voided
    if not store_told.add_error(session, accepted.party, voided, accepted.evidence):
        return
    events = store_told.forget_around(session, accepted.party, voided)
    kept = store_findings.list_findings(session, evidences=[*events, voided], party=accepted.party)
    waiting = {(each.evidence, each.kind, each.unit): each for each in kept}
    story = Story()
    for each in capture.list_by_evidence(session, events):
        findings = follow(Statement(each.event, each.evidence, each.event_time), story)
        new = [one for one in findings if waiting.pop((each.evidence, str(one.kind), one.unit), None) is None]
        store_findings.add_findings(session, each.evidence, accepted.party, new, accepted.captured_at)
    store_told.write(session, accepted.party, story)
    store_findings.withdraw(session, waiting.values(), accepted.evidence)


def _find_repeated(session: Session, accepted: Accepted) -> bytes | None:
    """The teller's event that a declaration means by its eventID and repeats, in whatever spelling; None without."""
    if accepted.event_id is None:
        return None
    found = capture.find_by_event_id(session, accepted.party, accepted.event_id)
    if found is None or not store_told.is_told(session, accepted.party, found):
        return None
    (kept,) = capture.list_by_evidence(session, [found])
    return found if repeats(accepted.event, kept.event) else None


def withdraw_observed(session: Session, accepted: Accepted, voided: bytes) -> None:
    """What a party saw in a case, and declares an error now, is no finding any more."""
    found = store_findings.list_findings(session, evidence=voided, party=accepted.party)
    store_findings.withdraw(session, found, accepted.evidence)


def check_observed(session: Session, accepted: Accepted, packing: Packing) -> None:
    """Compare what a party saw in a case with the record: what differs is a finding; an observation moves nothing."""
    record = store.load(session, [packing.parent.key, *(each.key for each in packing.children)])
    findings = []
    for each in packing.children:
        unit = record.find(each.key)
        if unit is not None and unit.parent != packing.parent.key:
            details = {"inside": unit.parent, "seen_in": packing.parent.key}
            findings.append(Finding(Contradiction.NOT_INSIDE, each.key, unit.evidence, details))
    store_findings.add_findings(session, accepted.evidence, accepted.party, findings, accepted.captured_at)
