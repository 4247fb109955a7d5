"""A long chain that another system tells of: exactly what was planted is found, in an honest one nothing."""

import os
from datetime import datetime
from typing import Any

import pytest

from backend.units.following import follow
from backend.units.told import Statement, Story
from backend.units.told_words import key_of, party_key
from scanner.device.declaration import voided
from scanner.epcis.canonical import evidence
from tests.builders import LIQUOR, NOW, gln, sscc
from tests.told_chain import Planted, ToldChain

SEEDS = range(932, 1932) if os.environ.get("JIULIAN_PROVE") else range(932, 934)


def found_in(told: list[dict[str, Any]]) -> Planted:
    """Findings over events in this order; those declared errors are left out."""
    wrong, story, found = {voided(event) for event in told}, Story(), Planted()
    for event in told:
        said = Statement(event, evidence(event), datetime.fromisoformat(event["eventTime"]))
        if said.evidence not in wrong and "errorDeclaration" not in event:
            found += [(str(each.kind), each.unit) for each in follow(said, story)]
    return found


@pytest.mark.parametrize("cheats", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_the_planted_contradictions_are_found(seed: int, cheats: bool) -> None:
    print(f"seed {seed}")
    chain = ToldChain(seed, NOW, cheats=cheats)
    assert found_in(list(chain.events(932))) == chain.planted
    assert len({kind for kind, _ in chain.planted}) == (9 if cheats else 0)


@pytest.mark.parametrize(
    "texts",
    [
        (
            f"https://id.gs1.org/00/{sscc(1)}",
            f"urn:epc:id:sscc:{sscc(1)[1:8]}.{sscc(1)[0]}{sscc(1)[8:17]}",
            f"(00){sscc(1)}",
        ),
        (
            f"https://id.gs1.org/01/{LIQUOR}/21/A%2FB",
            f"urn:epc:id:sgtin:{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.A%2FB",
            f"URN:EPC:id:sgtin:{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.A%2fB",
            f"urn:epc:tag:sgtin-198:1.{LIQUOR[1:8]}.{LIQUOR[0]}{LIQUOR[8:13]}.A%2FB",
            f"http://x.example/shop/gtin/{LIQUOR[1:]}/lot/B1/ser/A%2fB?17=261231#top",
            f"(01){LIQUOR}(10)B1(17)261231(21)A/B",
        ),
        ("urn:epc:id:grai:6900000.00001.7", "https://id.gs1.org/8003/069000000000147"),
    ],
    ids=["a case", "a bottle", "a crate"],
)
def test_one_thing_has_one_key_however_it_is_written(texts: tuple[str, ...]) -> None:
    assert {key_of(each) for each in texts} == {texts[0] if texts[0].startswith("https") else key_of(texts[0])}


def test_one_party_has_one_key_however_it_is_written() -> None:
    name = gln(1)
    urn = f"{name[:7]}.{name[7:12]}"
    texts = (f"https://id.gs1.org/417/{name}", f"https://x.example/414/{name}", f"urn:epc:id:pgln:{urn}")
    assert {party_key(each) for each in (*texts, f"urn:epc:id:sgln:{urn}.0")} == {name}
