"""Things that another system tells of as shipped, received, sold or taken out of use. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from backend.units.told import (
    ARRIVED,
    DESTROYED,
    GONE,
    HERE,
    ON_THE_WAY,
    RETIRED,
    SOLD,
    Contradiction,
    Finding,
    Sent,
    Statement,
    Story,
    Told,
)
from backend.units.told_words import documents, gtin_of, is_returned, owners, step_of
from scanner.epcis.canonical import ni
from scanner.epcis.vocabulary import BIZ_STEP

_HANDED_OVER = frozenset({"receiving", "accepting"})
_ARRIVALS = frozenset({"arriving", "unloading", "storing", "stocking"})
_BACK = frozenset({"void_shipping", "jl:return"})
_LEAVING = {"retail_selling": SOLD, "destroying": DESTROYED}
_MOVING = _HANDED_OVER | _BACK | _LEAVING.keys() | {"shipping", "arriving"}
"""Steps in which whoever names a thing and what lies in it counts it twice."""
_STILL = frozenset({"void_shipping", "inspecting", "sampling", "decommissioning", "other", "sensor_reporting"})
"""Steps of the CBV that may be told of what is gone; so may those that are not in it."""


def move(statement: Statement, things: Sequence[str], story: Story) -> list[Finding]:
    """What cannot be true of the things of an event that packs nothing; the story is as it stands afterwards."""
    step = step_of(statement.event)
    if step == "shipping" and things:
        story.ship(_sent(statement, things, story))
    findings, outermost = _twice(step, things, story)
    for key in outermost:
        before = story.find(key)
        found = _against(step, statement, key, before, story)
        if found is not None:
            findings.append(found)
        _apply(step, statement, story.get(key, statement), story)
        if found is not None:  # whose it is after a word that cannot be true, nobody knows
            story.put(replace(story.things[key], owner=None))
    return findings


def _sent(statement: Statement, things: Sequence[str], story: Story) -> Sent:
    names = frozenset({ni(statement.evidence), *(name for _, name in documents(statement.event))})
    untold = any(gtin_of(key) is None and not story.inside(key) for key in things)
    return Sent(statement.evidence, *owners(statement.event), names, untold)


def _twice(step: str, things: Sequence[str], story: Story) -> tuple[list[Finding], list[str]]:
    """Of what moves, nothing may be named beside what it lies in; and what is left without that."""
    if step not in _MOVING:
        return [], list(things)
    outer = {key: next((each for each in story.around(key, moving=True) if each in things), None) for key in things}
    doubled = {key: each for key, each in outer.items() if each is not None and each != key}
    findings = [
        Finding(Contradiction.NAMED_TWICE, key, story.things[key].evidence, {"inside": each})
        for key, each in doubled.items()
    ]
    return findings, [key for key in things if key not in doubled]


def _against(step: str, statement: Statement, key: str, before: Told | None, story: Story) -> Finding | None:
    if step in _HANDED_OVER and (found := _not_of_shipment(step, statement, key, before, story)) is not None:
        return found
    if before is None:
        return None
    is_there = step == "jl:return" or step in BIZ_STEP.words - _STILL
    if before.state in GONE and is_there and not _comes_back(step, statement, before):
        return Finding(Contradiction.GONE, key, before.evidence, {"state": before.state})
    if step == "shipping" and before.state == ON_THE_WAY:
        return Finding(Contradiction.SHIPPED_TWICE, key, before.consignment, {"state": before.state})
    sender = owners(statement.event)[0]
    if step == "shipping" and None not in (sender, before.owner) and sender != before.owner:
        return Finding(Contradiction.NOT_OWNER, key, before.evidence, {"owner": before.owner, "says": sender})
    return None


def _comes_back(step: str, statement: Statement, before: Told) -> bool:
    """Whether what was sold is brought back by who bought it."""
    return before.state == SOLD and step in _HANDED_OVER and is_returned(statement.event)


def _not_of_shipment(step: str, statement: Statement, key: str, before: Told | None, story: Story) -> Finding | None:
    if before is not None and before.state in GONE:
        return None
    line = [each for name in (key, *story.around(key)) if (each := story.find(name)) is not None]
    came = {each.consignment for each in line if each.consignment is not None}
    named, asked = _shipments(statement, story)
    known = named & story.sent.keys()
    if step == "receiving" and (known or (asked and came)) and not named & came:
        sure = gtin_of(key) is None or before is not None or not any(story.sent[each].untold for each in known)
        if sure:
            against = before.evidence if before is not None and not known else min(known)
            return Finding(Contradiction.NOT_IN_SHIPMENT, key, against, {"shipments": sorted(e.hex() for e in known)})
    if before is None or before.state not in (ON_THE_WAY, ARRIVED):
        return None
    sent = story.sent.get(before.consignment or b"")
    return None if sent is None else _other_owners(statement, key, sent)


def _shipments(statement: Statement, story: Story) -> tuple[set[bytes], bool]:
    """Shipments that a receipt refers to, by its despatch advices if it names any; and whether it names one by its
    evidence, which we would know."""
    told = documents(statement.event)
    advices = [name for kind, name in told if kind == "desadv"]
    names = advices or [name for _, name in told]
    return story.naming(names), any(name.startswith("ni:///sha-256;") for name in names)


def _other_owners(statement: Statement, key: str, sent: Sent) -> Finding | None:
    sender, receiver = owners(statement.event)
    if None not in (receiver, sent.receiver) and receiver != sent.receiver:
        details = {"addressee": sent.receiver, "says": receiver}
        return Finding(Contradiction.OTHER_ADDRESSEE, key, sent.evidence, details)
    if None not in (sender, sent.sender) and sender != sent.sender:
        return Finding(Contradiction.OTHER_SENDER, key, sent.evidence, {"sender": sent.sender, "says": sender})
    return None


def _apply(step: str, statement: Statement, before: Told, story: Story) -> None:
    sender, receiver = owners(statement.event)
    if step == "shipping":
        loose = before.parent is not None
        story.move(before, statement, state=ON_THE_WAY, consignment=statement.evidence, owner=sender or before.owner)
        story.put(replace(story.things[before.unit], loose=loose))
    elif step in _HANDED_OVER:
        _arrive(step, statement, before, story, receiver)
    elif step in _ARRIVALS and before.state == ON_THE_WAY:
        _arrive(step, statement, before, story, before.owner)
    elif step in _BACK:
        story.move(
            before, statement, state=HERE, consignment=None, owner=receiver if step == "jl:return" else before.owner
        )
    elif step in _LEAVING:
        story.move(before, statement, state=_LEAVING[step])
    elif step == "decommissioning" and before.state not in GONE:
        for each in story.inside(before.unit):
            story.put(replace(each, parent=None, loose=False))
        story.put(replace(before, state=RETIRED, parent=None, evidence=statement.evidence, at=statement.at))
    elif step == "commissioning" and before.state == RETIRED:
        story.put(Told(before.unit, None, HERE, None, statement.evidence, statement.at))
    else:
        story.put(replace(before, evidence=statement.evidence, at=statement.at))


def _arrive(step: str, statement: Statement, before: Told, story: Story, receiver: str | None) -> None:
    """What arrives brings what it came in along; a receipt of what was never sent off itself is one of its contents."""
    state = HERE if step in _HANDED_OVER else ARRIVED
    sent = story.sent.get(before.consignment or b"")
    owner = receiver or (sent.receiver if sent is not None and step in _HANDED_OVER else None)
    for name in story.around(before.unit, moving=True):
        outer = story.find(name)
        if outer is not None and outer.state == ON_THE_WAY:
            story.put(replace(outer, state=state, owner=owner))
    if step == "receiving" and before.state != ON_THE_WAY:
        for each in story.inside(before.unit):
            if each.loose and each.state == ON_THE_WAY:
                story.move(each, statement, state=state, owner=owner)
    story.move(before, statement, state=state, owner=owner)
