"""Scans that other people's systems read wrongly: each case says what is right, and is asked of Python and the app."""

import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.codes.scanned import Bottle, Fault, Unreadable, read_scan
from scanner.codes.serials import check_serial
from scanner.gs1 import digital_link
from scanner.labels.picture import read_picture
from tests import outside

pytestmark = pytest.mark.external
ROOT = Path(__file__).parents[4]
GTIN, BATCH = "06901234500011", "260825A1"


def in_app(texts: list[str]) -> list[dict[str, Any]]:
    """What the warehouse app makes of texts, judged for a receipt of the batch that the cases speak of."""
    node = shutil.which("node")
    assert node, "Node is missing: install Node 20 or newer"
    done = subprocess.run(
        [node, "--import", "./tests/unit/js_pwa/register.mjs", "tests/unit/js_pwa/read.mjs"],
        cwd=ROOT,
        input=json.dumps({"texts": texts, "gtin": GTIN, "batch": BATCH}),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def as_without_the_slash(text: str, app: dict[str, Any]) -> None:
    bare = text.removesuffix("/")
    assert digital_link.parse(text) == digital_link.parse(bare)
    assert app["kind"] == in_app([bare])[0]["kind"]


def as_the_narrow_text(text: str, app: dict[str, Any]) -> None:
    narrow = unicodedata.normalize("NFKC", text)
    found = read_scan(text)
    assert not isinstance(found, Unreadable)
    assert found == read_scan(narrow)
    assert (app["kind"], app["epc"]) == (in_app([narrow])[0]["kind"], in_app([narrow])[0]["epc"])


def in_capitals_or_red(text: str, app: dict[str, Any]) -> None:
    serial = text.rpartition("/")[2].upper()
    found = read_scan(text)
    if check_serial(serial):
        assert found == Unreadable(Fault.CAPS_LOCK) or (isinstance(found, Bottle) and found.serial == serial)
        assert app["verdict"] == "red" or app["signed"].endswith(serial)
    else:
        assert found == Unreadable(Fault.CHECK)
        assert (app["verdict"], app["signed"]) == ("red", None)


def unknown(text: str, app: dict[str, Any]) -> None:
    assert isinstance(read_scan(text), Unreadable)
    assert (app["kind"], app["verdict"]) == ("unknown", "red")


ANSWERS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    r"as without the slash": as_without_the_slash,
    r"NFKC gives the ASCII text": as_the_narrow_text,
    r"[Ii]nverted case is put right": in_capitals_or_red,
    r"unknown \(red\)": unknown,
}


def answer(case: dict[str, Any]) -> Callable[[str, dict[str, Any]], None]:
    """What the case's own words demand."""
    found = [check for words, check in ANSWERS.items() if re.search(words, case["expected_and_why"])]
    assert len(found) == 1, f"{case['name']}: its answer is not understood: {case['expected_and_why']}"
    return found[0]


@pytest.mark.parametrize("case", outside.cases("readCode("), ids=lambda case: case["name"])
def test_a_scan_is_read_as_its_case_says(case: dict[str, Any]) -> None:
    texts = outside.inputs(case)
    for text, app in zip(texts, in_app(texts), strict=True):
        answer(case)(text, app)


@pytest.mark.parametrize("case", outside.cases("scan read"), ids=lambda case: case["name"])
def test_a_picture_is_read_as_its_case_says(case: dict[str, Any]) -> None:
    assert "The code is read" in case["expected_and_why"]
    found = read_picture(outside.CASES / case["input"])
    assert found
    assert not any(isinstance(read_scan(each.text), Unreadable) for each in found)
