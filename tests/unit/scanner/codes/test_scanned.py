"""Scanned texts, read as the warehouse app reads them: the same vectors."""

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from scanner.codes.scanned import Bottle, Case, Fault, Unreadable, read_scan
from scanner.codes.serials import ALPHABET, new_serial

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "scan" / "scans.json").read_text())
GTIN = "06901234500011"


def said(text: str) -> dict[str, Any]:
    found = read_scan(text)
    kind = {Case: "case", Bottle: "bottle", Unreadable: "unknown"}[type(found)]
    return {"kind": kind, **asdict(found)}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["about"])
def test_a_scan_is_what_it_says_and_nothing_is_guessed(vector: dict[str, Any]) -> None:
    assert said(vector["text"]) == vector["is"]


@pytest.mark.parametrize("seed", range(5))
def test_no_serial_of_ours_with_one_wrong_character_is_a_bottle(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        serial = new_serial(chance.randbytes)
        at = chance.randrange(len(serial))
        other = chance.choice(ALPHABET.replace(serial[at], ""))
        wrong = serial[:at] + other + serial[at + 1 :]
        for text in (wrong, wrong.lower()):
            assert read_scan(f"https://b.cn/01/{GTIN}/21/{text}") == Unreadable(Fault.CHECK), f"seed {seed}: {wrong}"
        turned = f"https://b.cn/01/{GTIN}/10/B1/21/{serial}".swapcase()
        assert read_scan(turned) == Bottle(GTIN, "B1", serial), f"seed {seed}: {serial}"
