"""What a phone reads in a name or an event, the server reads in it too: thousands of spellings, right and broken."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from backend.web import vendor
from scanner.device import events
from scanner.device.event_values import Amount
from scanner.device.events import At, Lot, Parties
from scanner.device.names import batch_of, gln_of, unit_of
from scanner.device.reading import read
from scanner.errors import ScannerError
from tests.kit.people import gln, gtin, sscc

ROOT = Path(__file__).parents[3]
TIMES = 10 if os.environ.get("JIULIAN_PROVE") else 1
SEED = 20_260
G, S, L = gtin(3), sscc(1), gln(1)
BODY = f"{G[1:8]}.{G[0]}{G[8:13]}"
SIGNS = "0123456789ABab/()%.:-_\x1d?#&=;+*\\\"<> 酒\n'~!,"

NAMES = [
    *(f"https://id.gs1.org/01/{G}{rest}" for rest in ("", "/21/A", "/10/B1", "/10/B1/21/A", "/22/V/10/B1/21/A%2FB")),
    *(f"https://x.cn/q/01/{G}/21/A{rest}" for rest in ("/", "?17=261231", "?10=B1", "?2%31=A", "#f?21=B", "/10/B1")),
    *(f"https://{host}/01/{G}/21/A" for host in ("[::1]", "x.cn:443", "x.cn:65536", "x_y.cn", "酒.cn", "u@x.cn")),
    *(f"https://x.cn/01/{G}{rest}" for rest in ("/10/B1?21=A", "/235/T", "/21/A/00/" + S, "/21/A/21/B", "/22//21/A")),
    *(f"{scheme}://x.cn/00/{S}" for scheme in ("http", "HTTPS", "Https", "ftp")),
    *(f"https://x.cn/{key}/{L}{rest}" for key in ("414", "417") for rest in ("", "/254/A", "/7040/1ABC", "/7040/1A<")),
    *(f"urn:epc:id:{name}" for name in (f"sgtin:{BODY}.A%2FB", f"sscc:{S[1:8]}.{S[0]}{S[8:17]}", f"upui:{BODY}.A")),
    *(f"urn:epc:{kind}:{BODY}.{tail}" for kind in ("class:lgtin", "idpat:sgtin", "id:itip") for tail in ("B%2F1", "*")),
    *(f"https://x.cn/01/{G}{rest}" for rest in ("/10/B1/", "/22/V/10/B-1", "/10/B%2F1?17=261231", "/10/B1#top")),
    *(f"urn:epc:class:lgtin:{BODY}.{tail}" for tail in ("B1", "B-1", "B.2", "B%2f", "C_1")),
    *(f"urn:epc:id:sgln:{L[:7]}.{L[7:12]}.{tail}" for tail in ("0", "X", "*", "")),
    *(f"urn:epc:id:pgln:{body}" for body in (f"{L[:7]}.{L[7:12]}", f"{L[:12]}.", f"{L[:6]}.{L[6:12]}", f"{L[:5]}.7")),
    *(f"(01){G}(21){serial}" for serial in ("A", "A)B", "A\\(B", "A(21)A", "A(21)B", "A(10)B1", "A(17)261231", "")),
    *(f"01{G}21{serial}" for serial in ("A", "A\x1d10B1", "A\x1d21A", "A\x1d21B", "A\x1d", "")),
    *(f"00{S}", f"(00){S}", S, G, f"]Q3https://x.cn/00/{S}", f"(00){S}(01){G}(21)A", f"01{G}10B\x1d21A00{S}"),
]
ODD = [
    *(None, True, 0, -1, 0.1, 6.0, 6.5, 1e21, 1e-7, 2**53, 2**53 + 1, 2**128, "", "x", [], {}, [None], [[]], [{}]),
    *("ADD", "DELETE", ["ADD"], "ObjectEvent", ["ObjectEvent"], "AggregationEvent", "constructor", "__proto__", "keys"),
    *(f"2026-03-01T08:00:00{tail}" for tail in ("Z", "+24:00", "+23:59", "+08:60", "-00:30", ".999999999Z", "", "z")),
    *("2026-03-01T24:00:00Z", "2026-02-30T08:00:00Z", "2026-03-01T08:00:60Z", "1970-01-01T00:30:00+01:00"),
    *("0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "２０26-03-01T08:00:00Z", "2026-03-01T08:00:00Z\n"),
    *("a" * 64, ["a" * 64], "0x" + "a" * 64, "A" * 64, 10**63, "KGM", "kgm", ["KGM"], "po", "desadv", "owning_party"),
    *(f"{front}jl:harvest" for front in ("", "https://ref.gs1.org/cbv/BizStep-", "urn:epcglobal:cbv:bizstep:", "jl:")),
    *(f"{front}shipping" for front in ("", "cbv:BizStep-", "https://ref.gs1.org/cbv/BTT-", events.JL)),
    *("urn:epcglobal:cbv:sdt:owning_party", "cbv:SDT-owning_party", "ni:///sha-256;" + "a" * 64, "\ud800"),
    *("urn:uuid:5E1E1B6E-5B0D-4B6E-8C0F-0F3D7C3B9A10", "URN:uuid:5e1e1b6e-5b0d-4b6e-8c0f-0f3d7c3b9a10"),
]
FIELDS = ("eventID", "errorDeclaration", "childQuantityList", "parentID", "epcList", "bizTransactionList", "readPoint")


class Maker:
    """Cases by chance: [kind, value]."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        at, lot = At(datetime(2026, 3, 1, 8, tzinfo=UTC), gln(2)), Lot(G, "B1", 6)
        parties, item = Parties(L, gln(3)), f"https://id.gs1.org/01/{G}/21/A"
        sale = events.sell(at, lot, [item])
        self.events = [
            events.ship(at, lot, parties, [item], order="urn:x:1"),
            events.receive(at, lot, parties, b"\1" * 32, [f"https://id.gs1.org/00/{S}"]),
            *(events.pack(at, S, [item]), events.unpack(at, S), events.commission(at, lot, b"\2" * 32)),
            events.transformation(at, "bottle", [Lot(gtin(2), "S", 9000, "LTR")], lot),
            *(sale, events.declared_wrong(sale, at.time), events.recall(at, lot, [item])),
        ]

    def cases(self) -> Iterator[tuple[str, Any]]:
        """Every name as it is and changed, in every place; and events with a field changed."""
        for name in NAMES:
            for kind in ("unit", "class", "place"):
                yield kind, name
                for _ in range(12 * TIMES):
                    yield kind, self._broken(name)
        for _ in range(2000 * TIMES):
            yield "event", self._changed(copy.deepcopy(self.chance.choice(self.events)))

    def _broken(self, text: str) -> str:
        signs = list(text)
        for _ in range(self.chance.choice((1, 1, 2))):
            # Most of a name is digits with their check; what may vary stands behind.
            first = self.chance.choice((0, max(0, len(signs) - 6), max(0, len(signs) - 6)))
            low, high = sorted(self.chance.randint(first, len(signs)) for _ in range(2))
            how = self.chance.randrange(3)
            if how == 0:
                signs[low:low] = self.chance.choice(SIGNS)
            elif how == 1:
                signs[low : low + 1] = self.chance.choice(("", self.chance.choice(SIGNS)))
            else:
                signs[low:low] = signs[low:high]
        return "".join(signs)

    def _changed(self, event: dict[str, Any]) -> dict[str, Any]:
        places = list(self._places(event))
        holder, key = self.chance.choice([*places, *((event, field) for field in FIELDS)])
        value = self.chance.choice((*ODD, self._broken(self.chance.choice(NAMES)), self.chance.choice(NAMES)))
        if self.chance.random() < 0.1 and (holder, key) in places:
            del holder[key]
        else:
            holder[key] = self.chance.choice((value, [value], [value, value])) if key in FIELDS else value
        return event

    def _places(self, value: Any) -> Iterator[tuple[Any, Any]]:
        for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            if key != "@context":
                yield value, key
                yield from self._places(value[key])


def amount(each: Amount | None) -> list[str] | None:
    return each and [each.gtin, each.batch, str(each.quantity)]


def said(event: dict[str, Any]) -> list[Any]:
    found = read(event)
    packing = found.packing
    packed = packing and [packing.action, packing.parent.key, [each.key for each in packing.children]]
    hashes = [each and each.hex() for each in (found.units_root, found.ref, found.voids)]
    places = [found.sender, found.receiver, found.place, [each.key for each in found.units]]
    inputs = [amount(each) for each in found.inputs]
    return [int(found.step), found.time, amount(found.output), inputs, *places, packed, *hashes, found.event_id]


def answer(kind: str, value: Any) -> Any:
    try:
        if kind == "event":
            return said(value)
        if kind == "unit":
            unit = unit_of(value)
            return [unit.key, unit.gtin, unit.batch]
        return gln_of(value) if kind == "place" else list(batch_of(value))
    except ScannerError:
        return None


@pytest.mark.parametrize("seed", [SEED])
def test_a_phone_and_the_server_read_the_same(seed: int) -> None:
    print(f"seed {seed}")
    node = shutil.which("node")
    assert node, "Node is missing: install Node 20 or newer"
    if not (vendor.TARGET / "noble-curves-2.4.0").is_dir():
        vendor.copy()
    text = json.dumps(list(Maker(seed).cases()))
    command = [node, "--import", "./tests/unit/js_pwa/register.mjs", "./tests/unit/js_pwa/readings.mjs"]
    done = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    cases, theirs = json.loads(text), json.loads(done.stdout)
    ours = [answer(kind, value) for kind, value in cases]
    differ = [(case, *both) for case, *both in zip(cases, ours, theirs, strict=True) if both[0] != both[1]]
    assert differ == []
    for kind, least in (("unit", 80), ("class", 20), ("place", 20), ("event", 500)):
        read_as = [one for (of, _), one in zip(cases, ours, strict=True) if of == kind and one is not None]
        assert len(read_as) >= least, f"most of {kind} is refused: {len(read_as)}"
