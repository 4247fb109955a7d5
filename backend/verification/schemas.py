"""Shapes of what a consumer's page shows and of what a phone checks itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from backend.capture.rules import EvidenceState
from backend.catalog.rules import Unit
from backend.china_time import in_china
from backend.custody.rules import Delivery, TrailStep
from backend.verification.rules import Told, VerdictKind, chapters
from backend.web import vocabulary
from scanner.device.capture import Step

SEALS: Mapping[VerdictKind, str] = {
    VerdictKind.MATCHES: "真",
    VerdictKind.DOUBT: "疑",
    VerdictKind.UNKNOWN: "未",
    VerdictKind.RECALLED: "召",
    VerdictKind.OPENED: "启",
}
"""The one character of each verdict's seal."""

PACKING = {"ADD": "pack", "DELETE": "unpack", "OBSERVE": "observe"}
"""How packings are called in a proof's history, by the event's action."""
COMMA = {"zh": "、", "en": " · "}


def told_steps(names: Sequence[str], language: str) -> str:
    """The steps of a row in words. Phones compare them with what they checked, letter for letter."""
    return COMMA[language].join(vocabulary.say("consumer_step", name, language) for name in names)


@dataclass(frozen=True)
class Row:
    """One line of a bottle's way; phones compare every part of it but the cities and `kind` with the ledger.

    `evidences` in hex; `steps` by name; `when` a day or a span of days in China; `places` are GLNs, `cities` their
    names; `kind` is the role of whoever signed for a receipt;
    `delivered` the day on which a shipment arrived by its sender's word alone, its addressee not having signed;
    `late`: it, or the delivery, was told more than a day after it happened, so that its day is the teller's word.
    `back` is how it stands with goods that went back by the addressee's word alone: unconfirmed, or disputed by their
    sender.
    """

    evidences: tuple[str, ...]
    steps: tuple[str, ...]
    when: str
    places: tuple[str, ...]
    cities: tuple[str, ...]
    kind: str | None
    delivered: str | None = None
    late: bool = False
    back: str | None = None


def day(moment: datetime) -> str:
    """The day in China, as 2026-03-18: the same in every language, and compared by phones as it stands."""
    return in_china(moment).date().isoformat()


def row_of(steps: Sequence[TrailStep], cities: Mapping[str, str], kinds: Mapping[str, str]) -> Row:
    """One row over one or more steps. `cities` maps places' GLNs to names, `kinds` parties' GLNs to roles."""
    places = tuple(dict.fromkeys(step.location or "" for step in steps))
    return Row(
        evidences=tuple(step.evidence.hex() for step in steps),
        steps=tuple(dict.fromkeys(step.step.name.lower() for step in steps)),
        when=" – ".join(dict.fromkeys((day(min(s.at for s in steps)), day(max(s.at for s in steps))))),
        places=places,
        cities=tuple(dict.fromkeys(cities[place] for place in places if place in cities)),
        kind=kinds.get(steps[0].actor) if steps[0].step is Step.RECEIVE else None,
        delivered=day(steps[0].delivery.at) if steps[0].delivery is not None else None,
        late=any(step.late or (step.delivery is not None and step.delivery.late) for step in steps),
        back="disputed" if steps[0].objection is not None else "unconfirmed" if steps[0].unconfirmed else None,
    )


def rows(steps: Sequence[TrailStep], cities: Mapping[str, str], kinds: Mapping[str, str]) -> list[Row]:
    """The way told to a consumer, in few rows."""
    return [row_of(chapter, cities, kinds) for chapter in chapters(steps)]


def every_row(steps: Sequence[TrailStep], cities: Mapping[str, str], kinds: Mapping[str, str]) -> list[Row]:
    """Every record of the way, a row each."""
    return [row_of([step], cities, kinds) for step in steps]


def grouped(serial: str) -> list[str]:
    """A serial in groups of five, easy to compare with the bottle."""
    return [serial[begin : begin + 5] for begin in range(0, len(serial), 5)]


def path_of(unit: Unit) -> str:
    """Path of a bottle's page: its GS1 Digital Link without the domain."""
    return f"/01/{unit.gtin}/10/{quote(unit.batch, safe='')}/21/{quote(unit.serial, safe='')}"


def _delivered(delivery: Delivery) -> dict[str, object]:
    """What the sender alone tells: nobody signed for it, so that no phone takes it for a receipt."""
    return {
        "evidence": delivery.evidence.hex(),
        "at": delivery.at.isoformat(),
        "late": delivery.late,
        "signed_by_addressee": False,
    }


@dataclass(frozen=True)
class Mark:
    """Where on chain a phone finds a capture and the key that signed it: what it asks for, never what it believes.

    `block` is None while it is not there; `leaf` (index, size of the head, path) of a packing alone. `enrolled` and
    `revoked` are blocks.
    """

    state: EvidenceState
    block: int | None
    tx: bytes | None
    device: bytes
    enrolled: int | None
    revoked: int | None
    leaf: tuple[int, int, Sequence[bytes]] | None = None


def history(
    told: Sequence[Told], marks: Mapping[bytes, Mark], deliveries: Mapping[bytes, Delivery]
) -> list[dict[str, object]]:
    """Every step and packing with its event as it was signed, how far it is, and its place on chain; with a shipment
    that its addressee has not signed for, what its sender says of the delivery."""
    entries = [_entry(each, marks[each.kept.evidence]) for each in told]
    for each, entry in zip(told, entries, strict=True):
        if each.kept.evidence in deliveries:
            entry["delivered"] = _delivered(deliveries[each.kept.evidence])
    return entries


def _entry(told: Told, mark: Mark) -> dict[str, object]:
    packing = told.reading.packing
    entry: dict[str, object] = {
        "evidence": told.kept.evidence.hex(),
        "step": told.reading.step.name.lower() if packing is None else PACKING[packing.action],
        "event": told.kept.event,
        "state": mark.state,
        "block": mark.block,
        "tx": "0x" + mark.tx.hex() if mark.tx else None,
        "device": mark.device.hex(),
        "enrolled": mark.enrolled,
        "revoked": mark.revoked,
    }
    if mark.leaf is not None:
        index, size, path = mark.leaf
        entry["leaf"] = {"index": index, "size": size, "path": [each.hex() for each in path]}
    return entry
