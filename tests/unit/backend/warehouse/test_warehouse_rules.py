"""Cases by ranges, the vendored libraries, and the app's words."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from backend.units.rules import State, Unit
from backend.warehouse.rules import CaseRange, cases_of, ranges, sscc_of
from backend.web import vendor
from scanner.device.events import case_uri
from scanner.gs1.check_digit import check_digit
from tests.kit.people import NOW

ROOT = Path(__file__).resolve().parents[4]


def sscc(number: int) -> str:
    body = f"0690123400000{number:04d}"
    return body + check_digit(body)


def test_cases_that_follow_each_other_are_one_range() -> None:
    cases = [(sscc(n), 6) for n in range(100)] + [(sscc(100), 4)] + [(sscc(200), 6)]
    assert ranges(reversed(cases)) == (
        CaseRange(sscc(0), 100, 6),
        CaseRange(sscc(100), 1, 4),
        CaseRange(sscc(200), 1, 6),
    )


def test_a_case_that_left_splits_its_range() -> None:
    left = ranges((sscc(n), 6) for n in range(10) if n != 4)
    assert left == (CaseRange(sscc(0), 4, 6), CaseRange(sscc(5), 5, 6))


def test_of_units_the_cases_with_something_in_them_are_at_hand() -> None:
    def unit(key: str, bottles: int) -> Unit:
        return Unit(key, "06901234500011", "B1", bottles, None, "x", State.HELD, None, None, b"", NOW)

    full, empty = unit(case_uri(sscc(1)), 6), unit(case_uri(sscc(2)), 0)
    assert list(cases_of([full, empty, unit("https://id.gs1.org/01/06901234500011/21/A", 1)])) == [(sscc(1), 6)]


def test_only_a_case_has_an_sscc() -> None:
    assert sscc_of(f"https://id.gs1.org/00/{sscc(1)}") == sscc(1)
    assert sscc_of("https://id.gs1.org/01/06901234500011/21/A") is None
    assert sscc_of("urn:x") is None


def test_imports_by_package_become_relative_ones() -> None:
    versions = {"@noble/hashes": "2.4.0", "@noble/curves": "2.4.0"}
    text = (
        'import { a } from "@noble/hashes/utils.js";\nexport { b } from "./der.js";\n// import x from "@noble/none"\n'
    )
    assert vendor.rewritten("@noble/curves/abstract/x.js", text, versions) == text.replace(
        "@noble/hashes/utils.js", "../../noble-hashes-2.4.0/utils.js"
    )
    assert vendor.imports_of("@noble/curves/abstract/x.js", text) == [
        "@noble/hashes/utils.js",
        "@noble/curves/abstract/der.js",
    ]


def test_the_lock_is_closed_under_imports() -> None:
    hashes, versions = vendor.read_lock(vendor.LOCK.read_text("utf-8"))
    assert vendor.closure(vendor.ENTRIES, lambda path: (vendor.MODULES / path).read_text("utf-8")) == sorted(hashes)
    assert versions["zxing-wasm"] == "3.1.4"


def test_a_library_that_was_changed_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "vendor.lock"
    lock.write_text(f"{'0' * 64}  zxing-wasm@3.1.4/LICENSE\n")
    monkeypatch.setattr(vendor, "LOCK", lock)
    with pytest.raises(vendor.VendorDiffers, match="npm ci"):
        vendor.copy(tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_every_text_of_the_app_is_there_in_english() -> None:
    with (ROOT / "backend/web/locale/en/warehouse.po").open("rb") as file:
        english = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    used = set()
    for script in (ROOT / "scanner/pwa").glob("*.js"):
        used |= set(re.findall(r'\bt\("([^"]+)"', script.read_text("utf-8")))
    for template in (ROOT / "backend/web/templates/warehouse").iterdir():
        used |= set(re.findall(r"_\('([^']+)'\)", template.read_text("utf-8")))
    assert used == set(english)
    for chinese, translated in english.items():
        assert sorted(re.findall(r"\{\w+\}", chinese)) == sorted(re.findall(r"\{\w+\}", translated))
        assert not re.search(r"[\u4e00-\u9fff]", translated)
