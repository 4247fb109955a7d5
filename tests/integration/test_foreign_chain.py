"""Documents of others, thing by thing: an honest chain shows nothing, a dishonest one exactly what was planted."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.capabilities import REACTIONS
from backend.capture import gateway
from backend.capture.service import Desk
from backend.custody import rebuilding
from backend.db.engine import transaction
from backend.identity import keys
from backend.identity import service as identity
from backend.units import foreign
from scanner.device import events, signing
from scanner.device.capture import evidence_only
from scanner.device.events import At, Lot, Parties, case_uri, item_uri
from scanner.device.reading import DEPTH_MAX
from scanner.device.session import message_of
from tests.kit.people import BRAND, DEALER, DOMAIN, LIQUOR, NOW, OTHER_DEALER, key, sscc
from tests.kit.told_chain import ToldChain

pytestmark = pytest.mark.integration
CASES, BOTTLES = 40, 12
EVENTS, TOLD = (932, 932) if os.environ.get("JIULIAN_PROVE") else (300, 200)
Planted = list[tuple[str, str]]


class Chain:
    """Packing, moving, unpacking and repacking as another system tells of it; some of it impossible where wanted."""

    def __init__(self, seed: int, *, cheats: bool) -> None:
        self.chance, self.cheats, self.at = Random(seed), cheats, NOW - timedelta(days=200)
        self.inside = {case_uri(sscc(n)): self._bottles(n) for n in range(CASES)}
        self.planted: Planted = []

    def _bottles(self, case: int) -> list[str]:
        return [item_uri(LIQUOR, f"F{case:03d}{n:02d}") for n in range(BOTTLES)]

    def place(self) -> At:
        self.at += timedelta(seconds=self.chance.choice((1, 300)))
        return At(self.at, BRAND)

    def events(self, count: int) -> Iterator[dict[str, Any]]:
        for case, bottles in self.inside.items():
            yield events.pack(self.place(), case[-18:], [self._spelt(each) for each in bottles])
        for _ in range(count - CASES):
            yield self._step()

    def _step(self) -> dict[str, Any]:
        cases, loose = [case for case in self.inside if case], self.inside.setdefault("", [])
        full, other = [each for each in cases if self.inside[each]], self.chance.choice(cases)
        if loose and (not full or self.chance.random() < 0.5):
            taken = self.chance.sample(loose, self.chance.randint(1, len(loose)))
            self._move("", other, taken)
            return events.pack(self.place(), other[-18:], [self._spelt(each) for each in taken])
        case = self.chance.choice(full)
        moved = self.chance.sample(self.inside[case], self.chance.randint(1, len(self.inside[case])))
        everything = len(moved) == len(self.inside[case])
        if self.cheats and case != other and self.chance.random() < 0.3:
            self.planted += [("PackedElsewhere", each) for each in moved]
            self._move(case, other, moved)
            return events.pack(self.place(), other[-18:], [self._spelt(each) for each in moved])
        self._move(case, "", moved)
        return events.unpack(self.place(), case[-18:], [] if everything else [self._spelt(each) for each in moved])

    def _move(self, frm: str, to: str, units: list[str]) -> None:
        self.inside[frm] = [each for each in self.inside[frm] if each not in units]
        self.inside.setdefault(to, []).extend(units)

    def _spelt(self, uri: str) -> str:
        serial = uri.rpartition("/")[2]
        urn = f"urn:epc:id:sgtin:{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.{serial}"
        return self.chance.choice((uri, urn, f"https://other.example/x/01/{LIQUOR}/21/{serial}"))


class Teller:
    """Another system, whose documents our gateway signs as a witness."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions, self.key = sessions, key("another system")
        self.desk = Desk(sessions, DOMAIN, REACTIONS)
        with transaction(sessions) as session:
            identity.enrol_party(session, gateway.PARTY, now=NOW)
            keys.enrol_witness(session, signing.address_of(self.key), gateway.PARTY.gln, "gateway", now=NOW)

    def tell(self, event: dict[str, Any], *, now: datetime = NOW) -> list[tuple[str, str]]:
        """The findings of one event; it is always kept."""
        said = evidence_only(event)
        signature = signing.sign(said, self.key, DOMAIN)
        taken = self.desk.take(json.loads(message_of(event, signing.address_of(self.key), signature)), now=now)
        assert taken.refusal is None, taken.refusal
        with self.sessions() as session:
            return [(each.kind, each.unit) for each in foreign.list_findings(session, evidence=said.evidence)]


@pytest.fixture
def teller(sessions: sessionmaker[Session]) -> Teller:
    return Teller(sessions)


@pytest.mark.parametrize("cheats", [False, True])
def test_a_long_chain_shows_exactly_the_contradictions_that_were_planted(teller: Teller, cheats: bool) -> None:
    chain = Chain(932, cheats=cheats)
    print("seed 932")
    found = [each for event in chain.events(EVENTS) for each in teller.tell(event)]
    assert found == chain.planted
    assert bool(found) is cheats
    with teller.sessions() as session:
        assert session.execute(text("select count(*) from unit_custody")).scalar_one() == 0, "it moves nothing of ours"


@pytest.mark.parametrize("cheats", [False, True])
def test_a_trade_told_in_every_spelling_shows_exactly_what_was_planted(teller: Teller, cheats: bool) -> None:
    chain = ToldChain(2026, NOW - timedelta(days=200), cheats=cheats)
    print("seed 2026")
    told = list(chain.events(TOLD))
    assert [each for event in told for each in teller.tell(event)] == chain.planted
    with teller.sessions() as session:
        assert foreign.count_findings(session) == len(chain.planted)


def test_what_was_declared_wrong_speaks_against_nothing(teller: Teller) -> None:
    case, pallet, truck = case_uri(sscc(1)), case_uri(sscc(2)), case_uri(sscc(3))
    start = NOW - timedelta(days=9)

    def ship(minutes: int, thing: str, to: str, **fields: Any) -> dict[str, Any]:
        at = At(start + timedelta(minutes=minutes), BRAND)
        return events.ship(at, Lot(LIQUOR, "B1", 6), Parties(BRAND, to), [thing]) | fields

    def declared(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return events.declared_wrong(event, NOW - timedelta(days=8)) | fields

    def holding() -> list[tuple[str, str]]:
        with teller.sessions() as session:
            return [(each.kind, each.unit) for each in foreign.list_findings(session)]

    packed = events.pack(At(start, BRAND), pallet[-18:], [case])
    wrong = ship(1, pallet, OTHER_DEALER, eventID="urn:uuid:1b671a64-40d5-491e-99b0-da01ff1f3341")
    assert teller.tell(packed) == teller.tell(wrong) == []
    assert teller.tell(ship(3, case, DEALER)) == [("ShippedTwice", case)]
    # Their own repository stamped the repeated event anew: the eventID says which it is.
    assert teller.tell(declared(wrong, recordTime="2026-03-10T00:00:00Z")) == []
    assert holding() == [], "the pallet never left"
    assert teller.tell(ship(4, pallet, DEALER)) == [], "the case went before, by itself"
    assert teller.tell(ship(5, case, OTHER_DEALER)) == [("ShippedTwice", case)]
    late = ship(6, truck, OTHER_DEALER)
    assert teller.tell(declared(late)) == teller.tell(late) == teller.tell(ship(7, truck, DEALER)) == []
    assert holding() == [("ShippedTwice", case)]
    assert teller.tell(declared(packed)) == []
    assert holding() == [("ShippedTwice", case)], "it was shipped twice by itself"
    with teller.sessions() as session:
        assert rebuilding.compare(session) is None, "the captures alone tell the same"


def test_a_document_takes_back_no_event_that_it_does_not_repeat(teller: Teller) -> None:
    bottle, other, start = item_uri(LIQUOR, "F1"), item_uri(LIQUOR, "F2"), NOW - timedelta(days=9)
    first, second = case_uri(sscc(1)), case_uri(sscc(2))
    teller.tell(events.pack(At(start, BRAND), first[-18:], [bottle]))
    theirs = events.pack(At(start + timedelta(hours=1), BRAND), second[-18:], [bottle]) | {"eventID": "urn:a:2"}
    assert teller.tell(theirs) == [("PackedElsewhere", bottle)]

    def standing(**fields: Any) -> int:
        declared = events.declared_wrong(theirs, NOW - timedelta(days=8)) | fields
        assert teller.tell({name: value for name, value in declared.items() if value is not None}) == []
        with teller.sessions() as session:
            assert rebuilding.compare(session) is None, "the captures alone tell the same"
            return foreign.count_findings(session)

    for fields in (
        {"type": "ObjectEvent", "epcList": [other], "action": "OBSERVE", "childEPCs": None, "parentID": None},
        {"childEPCs": [other]},
        {"childEPCs": [bottle, other]},
        {"childEPCs": None, "childQuantityList": [{"epcClass": f"https://id.gs1.org/01/{LIQUOR}/10/B1"}]},
        {"parentID": first},
        {"action": "OBSERVE"},
        {"eventTime": start.isoformat()},
        {"bizStep": None},
        {"readPoint": {"id": f"https://id.gs1.org/414/{DEALER}"}},
        {"@context": {"childEPCs": "https://other.example/"}, "childEPCs": [other]},
        {"eventID": "urn:b:1", "recordTime": "2026-03-10T00:00:00Z"},
    ):
        assert standing(**fields) == 1, fields
    urn = f"urn:epc:id:sgtin:{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.F1"
    stamped = {"@context": {"their": "https://their.example/"}, "their:number": 7, "recordTime": "2026-03-10T00:00:00Z"}
    assert standing(**stamped, childEPCs=[urn], bizStep="packing") == 0, "the same event, kept anew by their system"


def test_impossible_moves_are_kept_with_a_finding(teller: Teller) -> None:
    case, other, bottle = case_uri(sscc(1)), case_uri(sscc(2)), item_uri(LIQUOR, "F1")
    at = At(NOW - timedelta(days=9), BRAND)

    def ship(epcs: list[str], quantity: int, to: str) -> dict[str, Any]:
        return events.ship(at, Lot(LIQUOR, "B1", quantity), Parties(BRAND, to), epcs)

    first = ship([case], 6, DEALER)
    assert teller.tell(first) == []
    assert teller.tell(ship([case], 6, OTHER_DEALER)) == [("ShippedTwice", case)]
    sent = evidence_only(first).evidence
    wrong = events.receive(At(at.time, DEALER), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), sent, [other])
    assert teller.tell(wrong) == [("NotInShipment", other)]
    assert teller.tell(ship([other, other], 6, DEALER)) == [("NamedTwice", other)]
    assert teller.tell(ship([item_uri(LIQUOR, f"G{n}") for n in range(3)], 1, DEALER))[0][0] == "MoreUnitsThanQuantity"
    foreign_item = item_uri("06900000000014", "X")
    assert teller.tell(ship([foreign_item], 1, DEALER)) == [("OtherProduct", foreign_item)]
    sale = events.sell(At(NOW - timedelta(days=8), DEALER), Lot(LIQUOR, "B1", 1), [bottle])
    assert teller.tell(sale) == []
    again = events.sell(At(NOW - timedelta(days=7), DEALER), Lot(LIQUOR, "B1", 1), [bottle])
    assert teller.tell(again) == [("Gone", bottle)]
    early = events.receive(
        At(NOW - timedelta(days=900), DEALER), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), sent, [case]
    )
    assert ("BeforeLastStep", case) in teller.tell(early)
    assert teller.tell(events.pack(At(NOW, BRAND), case[-18:], [case])) == [("IntoItself", case)]


def test_what_lies_in_more_packages_than_ours_may_is_a_finding(teller: Teller) -> None:
    at, names = At(NOW - timedelta(days=9), BRAND), [sscc(n) for n in range(1, DEPTH_MAX + 3)]
    for inner, outer in pairwise(names[:-1]):
        assert teller.tell(events.pack(at, outer, [case_uri(inner)])) == []
    low = item_uri(LIQUOR, "F1")
    assert teller.tell(events.pack(at, names[0], [low])) == [("PackedTooDeep", low)]
    assert teller.tell(events.pack(at, names[-1], [case_uri(names[-2])])) == [("PackedTooDeep", case_uri(names[-2]))]
