"""What documents of others say of things, and where it cannot be true. Pure; nothing here moves custody.

Each teller's things are followed in the order of capture: a later word is taken as how things stand from then on, and
what contradicts an earlier word is a finding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from scanner.device.names import unit_of
from scanner.epcis.vocabulary import BIZ_STEP
from scanner.errors import ScannerError


class Contradiction(StrEnum):
    """Why an event cannot be true beside what the same teller said before."""

    PACKED_ELSEWHERE = "PackedElsewhere"
    NOT_INSIDE = "NotInside"
    INTO_ITSELF = "IntoItself"
    SHIPPED_TWICE = "ShippedTwice"
    NOT_IN_SHIPMENT = "NotInShipment"
    GONE = "Gone"
    NAMED_TWICE = "NamedTwice"
    OTHER_PRODUCT = "OtherProduct"
    MORE_UNITS_THAN_QUANTITY = "MoreUnitsThanQuantity"
    BEFORE_LAST_STEP = "BeforeLastStep"


@dataclass(frozen=True, slots=True)
class Told:
    """A thing as its teller has it: what it lies in, and whether it is here, on the way, or gone. `consignment` is the
    evidence of the shipment it is in."""

    unit: str
    parent: str | None
    state: str
    consignment: bytes | None
    evidence: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: the thing, and the evidence of the event that speaks against it, if there is one."""

    kind: Contradiction
    unit: str
    against: bytes | None = None
    details: dict[str, Any] = field(default_factory=dict)


HERE, ON_THE_WAY, GONE = "here", "on_the_way", "gone"
_LEAVING = {"retail_selling": GONE, "destroying": GONE, "decommissioning": GONE}
_STILL = frozenset({"void_shipping", "inspecting", "sampling"})


def key_of(uri: str) -> str:
    """One name for a thing however it is written; of what is no bottle or case of GS1's, the URI itself."""
    try:
        return unit_of(uri).key
    except ScannerError:
        return uri[:300]


def texts(value: object) -> list[str]:
    """The texts in a list of an event, whatever else stands there."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def named(event: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """Things that an event names, each as often as it does, and the parent of an aggregation."""
    children = event.get("type") == "AggregationEvent"
    listed = [key_of(uri) for uri in texts(event.get("childEPCs" if children else "epcList"))]
    parent = event.get("parentID")
    return listed, key_of(parent) if children and isinstance(parent, str) else None


def follow(
    event: Mapping[str, Any], evidence: bytes, at: datetime, known: Mapping[str, Told], shipment: bytes | None
) -> tuple[list[Told], list[Finding]]:
    """How things stand after an event, and what in it cannot be true. `known` holds what it names, with the parents of
    that, and for an unpacking without children what lies in the parent; `shipment` is the one it refers to."""
    listed, parent = named(event)
    things = list(dict.fromkeys(listed))
    findings = [Finding(Contradiction.NAMED_TWICE, key) for key in things if listed.count(key) > 1]
    findings += _backwards(things, at, known)
    if parent is not None:
        after, more = _packed(event, things, parent, evidence, at, known)
    else:
        after, more = _moved(event, things, evidence, at, known, shipment)
        more += _sums(event, things)
    return after, [*findings, *more]


def _backwards(things: Iterable[str], at: datetime, known: Mapping[str, Told]) -> list[Finding]:
    last = [known[key] for key in things if key in known and at < known[key].at]
    return [
        Finding(Contradiction.BEFORE_LAST_STEP, each.unit, each.evidence, {"last": each.at.isoformat()})
        for each in last
    ]


def _packed(
    event: Mapping[str, Any],
    things: Sequence[str],
    parent: str,
    evidence: bytes,
    at: datetime,
    known: Mapping[str, Told],
) -> tuple[list[Told], list[Finding]]:
    action = event.get("action")
    findings, after = [], []
    if action == "DELETE" and not things and not event.get("childQuantityList"):
        things = [each.unit for each in known.values() if each.parent == parent]
    for key in things:
        before = known.get(key) or Told(key, None, HERE, None, evidence, at)
        if action == "DELETE":
            if before.parent != parent and key in known:
                findings.append(Finding(Contradiction.NOT_INSIDE, key, before.evidence, {"inside": before.parent}))
            after.append(replace(before, parent=None, evidence=evidence, at=at))
            continue
        if key == parent or key in _around(parent, known):
            findings.append(Finding(Contradiction.INTO_ITSELF, key, None, {"parent": parent}))
            continue
        if before.parent not in (None, parent):
            findings.append(Finding(Contradiction.PACKED_ELSEWHERE, key, before.evidence, {"inside": before.parent}))
        after.append(replace(before, parent=parent, evidence=evidence, at=at))
    return after, findings


def _around(unit: str, known: Mapping[str, Told]) -> set[str]:
    found: set[str] = set()
    while unit in known and (outer := known[unit].parent) is not None and outer not in found:
        found.add(outer)
        unit = outer
    return found


def _moved(
    event: Mapping[str, Any],
    things: Sequence[str],
    evidence: bytes,
    at: datetime,
    known: Mapping[str, Told],
    shipment: bytes | None,
) -> tuple[list[Told], list[Finding]]:
    step = BIZ_STEP.short(str(event.get("bizStep"))) or ""
    findings, after = [], []
    for key in things:
        before = known.get(key)
        if before is not None and (against := _against(step, before, shipment)) is not None:
            findings.append(Finding(against, key, before.evidence, {"state": before.state}))
        state, consignment = before.state if before else HERE, before.consignment if before else None
        if step == "shipping":
            state, consignment = ON_THE_WAY, evidence
        elif step in ("receiving", "arriving", "accepting") or step in _LEAVING:
            state, consignment = _LEAVING.get(step, HERE), None
        after.append(Told(key, before.parent if before else None, state, consignment, evidence, at))
    return after, findings


def _against(step: str, before: Told, shipment: bytes | None) -> Contradiction | None:
    if before.state == GONE and step not in _STILL:
        return Contradiction.GONE
    if step == "shipping" and before.state == ON_THE_WAY:
        return Contradiction.SHIPPED_TWICE
    if step == "receiving" and shipment is not None and before.consignment != shipment:
        return Contradiction.NOT_IN_SHIPMENT
    return None


def _sums(event: Mapping[str, Any], things: Sequence[str]) -> list[Finding]:
    """Of one class without a unit of measure: no more things than its quantity, and none of another product."""
    entries = event.get("quantityList")
    if not things or not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        return []
    quantity, uri = entries[0].get("quantity"), str(entries[0].get("epcClass"))
    findings = []
    if entries[0].get("uom") is None and isinstance(quantity, int | float) and len(things) > quantity:
        findings.append(
            Finding(
                Contradiction.MORE_UNITS_THAN_QUANTITY, things[0], None, {"quantity": quantity, "units": len(things)}
            )
        )
    gtin = _gtin(uri)
    for key in things:
        own = _gtin(key)
        if gtin and own and own != gtin:
            findings.append(Finding(Contradiction.OTHER_PRODUCT, key, None, {"gtin": gtin}))
    return findings


def _gtin(uri: str) -> str | None:
    _, found, rest = uri.partition("/01/")
    return rest.split("/")[0] if found else None
