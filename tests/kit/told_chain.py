"""A distributor's chain as another system tells of it, every GS1 key in a spelling of chance; some of it impossible.

Pallets of cases of bottles are packed, sent on from owner to owner, received whole or case by case, broken up, packed
anew, sold. A shipment that was told wrong is declared an error or voided, and told again. With `cheats`, each kind of
contradiction is planted among them, always on goods that nothing else is told of afterwards.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from scanner.device import events
from scanner.device.events import case_uri, item_uri
from tests.kit.people import LIQUOR, SPIRIT, gln, sscc

CASES, BOTTLES = 3, 4
Built = dict[str, Any]
Planted = list[tuple[str, str]]


class Pallet:
    """A pallet, its cases and their bottles, by key."""

    def __init__(self, number: int) -> None:
        self.key = case_uri(sscc(number * 10))
        self.cases = {
            case_uri(sscc(number * 10 + at + 1)): [item_uri(LIQUOR, f"T{number:04d}/{at}{n}") for n in range(BOTTLES)]
            for at in range(CASES)
        }
        self.owner = 1


class ToldChain:
    """Events in the order told; `planted` are the contradictions in those told so far: kind and key."""

    def __init__(self, seed: int, start: datetime, *, cheats: bool) -> None:
        self.chance, self.at, self.cheats = Random(seed), start, cheats
        self.number, self.planted = 0, Planted()

    def events(self, least: int) -> Iterator[Built]:
        """At least so many events, up to the end of a pallet's way."""
        told = 0
        cheats: list[Callable[[Pallet], Iterator[Built]]] = [*self._cheats()]
        while told < least:
            ways = [self._honest, self._corrected, self._by_case]
            if self.cheats and self.number % 2:
                ways = [cheats[self.number // 2 % len(cheats)]]
            self.number += 1
            for event in self.chance.choice(ways)(Pallet(self.number)):
                told += 1
                yield event

    def _cheats(self) -> Iterator[Callable[[Pallet], Iterator[Built]]]:
        for name in sorted(dir(self)):
            if name.startswith("cheat_"):
                yield getattr(self, name)

    # The words of the other system.

    def _event(self, kind: str, step: str, **fields: Any) -> Built:
        self.at += timedelta(seconds=self.chance.choice((1, 60, 3600)))
        step = self.chance.choice(
            (step, f"https://ref.gs1.org/cbv/BizStep-{step}", f"urn:epcglobal:cbv:bizstep:{step}")
        )
        event = {
            "@context": events.CONTEXT,
            "type": kind,
            "eventTime": self.at.isoformat(timespec="milliseconds"),
            "eventTimeZoneOffset": "+00:00",
            "bizStep": step,
            "action": "OBSERVE",
        }
        return event | fields

    def spelt(self, key: str) -> str:
        """A thing in one of its spellings."""
        code, _, value = key.removeprefix("https://id.gs1.org/").partition("/")
        if code == "00":
            urn = f"urn:epc:id:sscc:{value[1:8]}.{value[0]}{value[8:17]}"
            return self.chance.choice((key, urn, f"(00){value}", f"00{value}", f"https://x.example/q/00/{value}?99=a"))
        gtin, _, serial = value.partition("/21/")
        urn = f"urn:epc:id:sgtin:{gtin[1:8]}.{gtin[0]}{gtin[8:13]}.{serial}"
        plain = serial.replace("%2F", "/")
        others = (f"(01){gtin}(21){plain}", f"01{gtin}21{plain}", f"HTTPS://x.example/gtin/{gtin}/ser/{serial}")
        return self.chance.choice((key, urn, f"https://x.example/01/{gtin}/10/B1/21/{serial}", *others))

    def _party(self, number: int) -> str:
        name = gln(number)
        urns = (f"urn:epc:id:pgln:{name[:7]}.{name[7:12]}", f"urn:epc:id:sgln:{name[:7]}.{name[7:12]}.0")
        return self.chance.choice((*urns, f"https://id.gs1.org/417/{name}", f"https://x.example/414/{name}"))

    def _owners(self, sender: int, receiver: int) -> Built:
        kind = self.chance.choice(("owning_party", "urn:epcglobal:cbv:sdt:owning_party"))
        return {
            "sourceList": [{"type": kind, "source": self._party(sender)}],
            "destinationList": [{"type": kind, "destination": self._party(receiver)}],
        }

    def pack(self, parent: str, children: list[str], step: str = "packing") -> Built:
        """Things go into another."""
        spelt = [self.spelt(each) for each in children]
        parent = self.spelt(parent)
        return self._event("AggregationEvent", step, action="ADD", parentID=parent, childEPCs=spelt)

    def unpack(self, parent: str, children: list[str]) -> Built:
        """Things come out of another: those named, or all."""
        listed = {"childEPCs": [self.spelt(each) for each in children]} if children else {}
        return self._event("AggregationEvent", "unpacking", action="DELETE", parentID=self.spelt(parent), **listed)

    def advice(self) -> str:
        """A despatch advice, or some other document."""
        return f"urn:epcglobal:cbv:bt:{gln(1)}:{self.number}-{self.chance.randrange(10**9)}"

    def move(self, step: str, things: list[str], parties: tuple[int, int], advice: str | None = None) -> Built:
        """Things are shipped or received."""
        kind = self.chance.choice(({"type": "desadv"}, {"type": "urn:epcglobal:cbv:btt:desadv"}, {"type": "inv"}, {}))
        papers = {"bizTransactionList": [{**kind, "bizTransaction": advice}]} if advice else {}
        spelt = [self.spelt(each) for each in things]
        return self._event("ObjectEvent", step, epcList=spelt, **self._owners(*parties), **papers)

    def sell(self, things: list[str], **fields: Any) -> Built:
        """Things go over the counter."""
        return self._event("ObjectEvent", "retail_selling", epcList=[self.spelt(each) for each in things], **fields)

    def _built(self, pallet: Pallet) -> Iterator[Built]:
        for case, bottles in pallet.cases.items():
            yield self.pack(case, bottles)
        yield self.pack(pallet.key, list(pallet.cases))

    def _sent(self, pallet: Pallet) -> Iterator[Built]:
        parties, advice = (pallet.owner, pallet.owner + 1), self.advice()
        pallet.owner += 1
        yield self.move("shipping", [pallet.key], parties, advice)
        if self.chance.random() < 0.3:
            yield self.pack(case_uri(sscc(9_000_000 + self.number)), [pallet.key], "loading")
            yield self.unpack(case_uri(sscc(9_000_000 + self.number)), [pallet.key])
        if self.chance.random() < 0.5:
            yield self.move("arriving", [pallet.key], parties)
        yield self.move("receiving", [pallet.key], parties, advice)

    # Honest ways.

    def _honest(self, pallet: Pallet) -> Iterator[Built]:
        """On from owner to owner, broken up, and one bottle sold, brought back, and sold again."""
        yield from self._built(pallet)
        for _ in range(self.chance.randint(1, 3)):
            yield from self._sent(pallet)
        yield self.unpack(pallet.key, self.chance.choice(([], list(pallet.cases))))
        for case, bottles in pallet.cases.items():
            yield self.unpack(case, [])
            yield self.pack(case_uri(sscc(8_000_000 + self.chance.randrange(10**6))), bottles[1:])
        first = next(iter(pallet.cases.values()))[0]
        yield self.sell([first])
        back = self._event("ObjectEvent", "receiving", epcList=[self.spelt(first)], disposition="returned")
        yield back
        yield self.sell([first])
        yield self._event("ObjectEvent", "decommissioning", epcList=[self.spelt(first)], action="DELETE")

    def _corrected(self, pallet: Pallet) -> Iterator[Built]:
        """Told wrong, and put right in each of the ways that EPCIS has."""
        yield from self._built(pallet)
        wrong = self.move("shipping", [pallet.key], (1, 7), self.advice())
        yield wrong
        if self.chance.random() < 0.5:
            yield {**wrong, "bizStep": "void_shipping", "eventTime": self._later()}
        else:
            yield {**wrong, "errorDeclaration": {"declarationTime": self._later(), "reason": "incorrect_data"}}
        yield from self._sent(pallet)
        yield self.sell(list(pallet.cases))

    def _by_case(self, pallet: Pallet) -> Iterator[Built]:
        """Shipped as a pallet, received case by case, and again."""
        yield from self._built(pallet)
        for step in range(2):
            parties, advice = (pallet.owner + step, pallet.owner + step + 1), self.advice()
            yield self.move("shipping", [pallet.key], parties, advice)
            for case in pallet.cases:
                yield self.move("receiving", [case], parties, advice)
        yield self.unpack(pallet.key, list(pallet.cases))
        yield self.sell(list(pallet.cases))

    def _later(self) -> str:
        self.at += timedelta(seconds=30)
        return self.at.isoformat(timespec="milliseconds")

    # What cannot be true.

    def _plant(self, kind: str, *keys: str) -> None:
        self.planted += [(kind, key) for key in keys]

    def cheat_another_case(self, pallet: Pallet) -> Iterator[Built]:
        """Another case is received than was sent, under the same advice."""
        advice, (case, other, _) = self.advice(), pallet.cases
        yield self.pack(case, pallet.cases[case])
        yield self.move("shipping", [case], (1, 2), advice)
        self._plant("NotInShipment", other)
        yield self.move("receiving", [other], (1, 2), advice)

    def cheat_product(self, pallet: Pallet) -> Iterator[Built]:
        """A bottle of another product than the class that is told."""
        bottle = item_uri(SPIRIT, f"T{self.number}")
        urn = f"urn:epc:class:lgtin:{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.B1"
        self._plant("OtherProduct", bottle)
        yield self.sell([bottle], quantityList=[{"epcClass": urn, "quantity": 1}])

    def cheat_case_of_a_pallet(self, pallet: Pallet) -> Iterator[Built]:
        """A pallet goes to one, and then a case on it to another."""
        yield from self._built(pallet)
        yield self.move("shipping", [pallet.key], (1, 2), self.advice())
        case = self.chance.choice(list(pallet.cases))
        self._plant("ShippedTwice", case)
        yield self.move("shipping", [case], (1, 3), self.advice())

    def cheat_bottle_of_a_pallet(self, pallet: Pallet) -> Iterator[Built]:
        """A pallet is sold, and then a bottle on it."""
        yield from self._built(pallet)
        yield self.sell([pallet.key])
        bottle = next(iter(pallet.cases.values()))[0]
        self._plant("Gone", bottle)
        yield self.sell([bottle])

    def cheat_together(self, pallet: Pallet) -> Iterator[Built]:
        """A pallet and a bottle on it are shipped side by side."""
        yield from self._built(pallet)
        bottle = next(iter(pallet.cases.values()))[0]
        self._plant("NamedTwice", bottle)
        yield self.move("shipping", [bottle, pallet.key], (1, 2), self.advice())

    def cheat_packed_on_the_way(self, pallet: Pallet) -> Iterator[Built]:
        """Cases that are on the way are put on a pallet."""
        for case, bottles in pallet.cases.items():
            yield self.pack(case, bottles)
        yield self.move("shipping", list(pallet.cases), (1, 2), self.advice())
        self._plant("OnTheWay", *pallet.cases)
        yield self.pack(pallet.key, list(pallet.cases))

    def cheat_packed_when_gone(self, pallet: Pallet) -> Iterator[Built]:
        """A bottle that was sold with its case is packed."""
        yield from self._built(pallet)
        (case, bottles), *_ = pallet.cases.items()
        yield self.sell([case])
        self._plant("Gone", bottles[0])
        yield self.pack(case_uri(sscc(7_000_000 + self.number)), [bottles[0]])

    def cheat_addressee(self, pallet: Pallet) -> Iterator[Built]:
        """Another owner than it was sent to receives it, or a case on it."""
        yield from self._built(pallet)
        advice = self.advice()
        yield self.move("shipping", [pallet.key], (1, 2), advice)
        taken = self.chance.choice([pallet.key, *pallet.cases])
        self._plant("OtherAddressee", taken)
        yield self.move("receiving", [taken], (1, 3), self.chance.choice((advice, None)))

    def cheat_owner(self, pallet: Pallet) -> Iterator[Built]:
        """Who handed it over ships it once more."""
        yield from self._built(pallet)
        yield from self._sent(pallet)
        self._plant("NotOwner", pallet.key)
        yield self.move("shipping", [pallet.key], (1, 3), self.advice())

    def cheat_repacked(self, pallet: Pallet) -> Iterator[Built]:
        """Bottles go from case to case without coming out of the first."""
        yield from self._built(pallet)
        (_, moved), (other, _), *_ = pallet.cases.items()
        self._plant("PackedElsewhere", *moved)
        yield self.pack(other, moved)
