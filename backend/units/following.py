"""Following another system's events one by one: how things stand after each, and what in it cannot be true. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from backend.units import moving
from backend.units.told import GONE, HERE, ON_THE_WAY, Contradiction, Finding, Statement, Story, Told
from backend.units.told_words import Event, gtin_of, named, step_of
from scanner.device.reading import DEPTH_MAX

_NOT_YET_MOVING = frozenset({"loading"})
"""Packing that is part of the way: what is on it may be loaded onto something."""


def follow(statement: Statement, story: Story) -> list[Finding]:
    """What in an event cannot be true; the story is as it stands afterwards. It must hold what the event names, with
    all that this lies in and that lies in it, and the shipments of these and of the documents it names."""
    listed, parent = named(statement.event)
    things = list(dict.fromkeys(listed))
    findings = [Finding(Contradiction.NAMED_TWICE, key) for key in things if listed.count(key) > 1]
    box = story.find(parent) if parent is not None else None
    findings += _backwards(statement, [box.unit, *things] if box and box.consignment else things, story)
    if parent is None:
        findings += moving.move(statement, things, story)
        return findings + _sums(statement.event, things)
    if statement.event.get("action") == "DELETE":
        return findings + _unpacked(statement, things, parent, story)
    return findings + _packed(statement, things, parent, story)


def _backwards(statement: Statement, things: Sequence[str], story: Story) -> list[Finding]:
    last = [thing for key in things if (thing := story.find(key)) is not None and statement.at < thing.at]
    return [
        Finding(Contradiction.BEFORE_LAST_STEP, each.unit, each.evidence, {"last": each.at.isoformat()})
        for each in last
    ]


def _unpacked(statement: Statement, things: Sequence[str], parent: str, story: Story) -> list[Finding]:
    if not things and not statement.event.get("childQuantityList"):
        things = [each.unit for each in story.inside(parent)]
    findings = []
    for key in things:
        before = story.find(key)
        if before is not None and before.state in GONE:
            findings.append(Finding(Contradiction.GONE, key, before.evidence, {"state": before.state}))
        elif before is not None and before.parent != parent:
            findings.append(Finding(Contradiction.NOT_INSIDE, key, before.evidence, {"inside": before.parent}))
        story.put(
            replace(story.get(key, statement), parent=None, loose=False, evidence=statement.evidence, at=statement.at)
        )
    return findings


def _packed(statement: Statement, things: Sequence[str], parent: str, story: Story) -> list[Finding]:
    box = story.get(parent, statement)
    loading = step_of(statement.event) in _NOT_YET_MOVING
    findings = [] if loading else _cannot_hold(box, things, story)
    carried = box.consignment if box.state == ON_THE_WAY else None
    if story.find(parent) is None and things:
        first = story.get(things[0], statement)
        state = first.state if first.state not in GONE else HERE
        box = replace(box, state=state, owner=first.owner, consignment=first.consignment)
        story.put(box)
    for key in things:
        before = story.get(key, statement)
        if key == parent or key in story.around(parent):
            findings.append(Finding(Contradiction.INTO_ITSELF, key, None, {"parent": parent}))
            continue
        packages = len(story.around(parent)) + 1 + story.levels(key)
        if packages > DEPTH_MAX:
            details = {"parent": parent, "packages": packages, "most": DEPTH_MAX}
            findings.append(Finding(Contradiction.PACKED_TOO_DEEP, key, None, details))
        findings += _cannot_go_in(before, box, loading or before.consignment == carried)
        story.put(replace(before, parent=parent, loose=False, evidence=statement.evidence, at=statement.at))
        _share_way(statement, story, key, box, loading=loading)
    return findings


def _cannot_hold(box: Told, things: Sequence[str], story: Story) -> list[Finding]:
    """Nothing is packed into what is gone, or is on the way without it."""
    if box.state in GONE:
        return [Finding(Contradiction.GONE, box.unit, box.evidence, {"state": box.state})]
    came = {thing.consignment for key in things if (thing := story.find(key)) is not None}
    if box.state == ON_THE_WAY and came != {box.consignment}:
        return [Finding(Contradiction.ON_THE_WAY, box.unit, box.consignment)]
    return []


def _cannot_go_in(before: Told, box: Told, may_travel: bool) -> list[Finding]:
    details = {"inside": before.parent}
    if before.state in GONE:
        return [Finding(Contradiction.GONE, before.unit, before.evidence, {"state": before.state})]
    if before.parent not in (None, box.unit):
        return [Finding(Contradiction.PACKED_ELSEWHERE, before.unit, before.evidence, details)]
    if before.state == ON_THE_WAY and not may_travel:
        return [Finding(Contradiction.ON_THE_WAY, before.unit, before.consignment)]
    return []


def _share_way(statement: Statement, story: Story, key: str, box: Told, *, loading: bool) -> None:
    """What is packed is where the package is; what is loaded may be further on its way than what carries it."""
    thing = story.get(key, statement)
    if box.state == thing.state or (loading and thing.state == ON_THE_WAY):
        return
    if box.state == ON_THE_WAY:
        story.move(thing, statement, state=ON_THE_WAY, consignment=box.consignment)
    elif box.state not in GONE:
        story.move(thing, statement, state=HERE)


def _sums(event: Event, things: Sequence[str]) -> list[Finding]:
    """Of one class without a unit of measure: no more things than its quantity, and none of another product."""
    entries = event.get("quantityList")
    if not things or not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        return []
    quantity, gtin = entries[0].get("quantity"), gtin_of(str(entries[0].get("epcClass")))
    findings = []
    if entries[0].get("uom") is None and isinstance(quantity, int | float) and len(things) > quantity:
        details = {"quantity": quantity, "units": len(things)}
        findings.append(Finding(Contradiction.MORE_UNITS_THAN_QUANTITY, things[0], None, details))
    for key in things:
        own = gtin_of(key)
        if gtin and own and own != gtin:
            findings.append(Finding(Contradiction.OTHER_PRODUCT, key, None, {"gtin": gtin}))
    return findings
