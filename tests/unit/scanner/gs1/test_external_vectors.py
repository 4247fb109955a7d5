"""The vectors of the GS1 Barcode Syntax Engine and of Solidsoft's Digital Link library, where they are at hand.

Not claimed, and counted apart: compressed Digital Links, the inner structure of North American coupons (8110, 8112),
the engine switch that lets unknown AIs pass, and scans of symbologies that carry no element string.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import Malformed
from scanner.gs1 import digital_link, element_string
from scanner.gs1.application_identifiers import find
from scanner.gs1.associations import check_together
from scanner.gs1.content import check_value
from scanner.gs1.percent import decode_path, decode_query, encode_path, encode_query

pytestmark = pytest.mark.external
Case = dict[str, Any]
COMPRESSED = re.compile(r"/[A-Za-z0-9_-]{5,}(\?|#|$)")


def answered(action: Callable[[], Any]) -> Any:
    """What the action gives, or None when it is refused."""
    try:
        return action()
    except Malformed:
        return None


def report(name: str, cases: list[tuple[Case, bool]], unclaimed: int) -> None:
    """Say how many were asked; each must be answered as it says itself."""
    wrong = [case for case, good in cases if not good]
    print(f"{name}: {len(cases) - len(wrong)} of {len(cases)} claimed cases, {unclaimed} unclaimed")
    assert cases, f"{name} holds no case that is claimed"
    assert not wrong, "\n".join(map(str, wrong[:10]))


def load(folder: Path, name: str) -> list[Case]:
    found: list[Case] = json.loads((folder / name).read_text("utf-8-sig"))
    return found


def raw(text: str) -> str:
    return text.replace("^", element_string.FNC1)


def engine(shared_data: Path, name: str) -> list[Case]:
    return load(shared_data / "gs1-syntax-engine", name)


def test_engine_parses_the_same_digital_links(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in engine(shared_data, "dl_parse.json"):
        options = case["options"]
        if "PermitUnknownAIs" in options and case["valid"]:
            unclaimed += 1
            continue
        legacy = bool(options.keys() & {"PermitZeroSuppressedGTINinDLuris", "permitConvenienceAlphas"})
        link = answered(lambda uri=case["uri"], legacy=legacy: digital_link.parse(uri, legacy=legacy))
        expected = element_string.parse_raw(raw(case["ai_data"])) if case["valid"] else None
        judged.append((case, (link.elements if link else None) == expected))
    report("dl_parse", judged, unclaimed)


def test_engine_writes_the_same_digital_links(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in engine(shared_data, "dl_generate.json"):
        if "PermitUnknownAIs" in case["options"] and case["valid"]:
            unclaimed += 1
            continue
        stem = case["stem"] or digital_link.CANONICAL_STEM
        uri = answered(
            lambda text=case["ai_string"], stem=stem: digital_link.format(
                digital_link.of_elements(element_string.parse(text), stem=stem)
            )
        )
        judged.append((case, uri == case["uri"]))
    report("dl_generate", judged, unclaimed)


def test_engine_reads_the_same_element_strings(shared_data: Path) -> None:
    bracketed, machine = [], []
    for case in engine(shared_data, "ai_parse_bracketed.json"):
        elements = answered(lambda text=case["ai_string"]: element_string.parse_bracketed(text))
        written = element_string.FNC1 + element_string.format_raw(elements) if elements else None
        bracketed.append((case, written == (raw(case["ai_data"]) if case["valid"] else None)))
    for case in engine(shared_data, "ai_process_raw.json"):
        elements = answered(lambda text=case["ai_data"]: element_string.parse(raw(text)))
        machine.append((case, bool(elements) == case["valid"]))
    report("ai_parse_bracketed", bracketed, 0)
    report("ai_process_raw", machine, 0)


def test_engine_refuses_the_same_contents(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in engine(shared_data, "ai_linters.json"):
        if case["ai_string"].startswith(("(8110)", "(8112)")):
            unclaimed += 1
            continue
        judged.append((case, answered(lambda text=case["ai_string"]: element_string.parse(text)) is None))
    report("ai_linters", judged, unclaimed)


def test_engine_asks_for_the_same_companions(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in engine(shared_data, "ai_associations.json"):
        if any(find(code) is None for code in re.findall(r"\((\d+)\)", case["ai_string"])):
            unclaimed += 1
            continue
        good = answered(lambda text=case["ai_string"]: check_together(element_string.parse(text)) or True)
        judged.append((case, bool(good) == case["valid"]))
    report("ai_associations", judged, unclaimed)


def test_engine_escapes_the_same(shared_data: Path) -> None:
    for case in engine(shared_data, "uri_escape.json"):
        assert (encode_path(case["input"]), encode_query(case["input"])) == (case["path"], case["query"])
    for case in engine(shared_data, "uri_unescape.json"):
        assert (decode_path(case["input"]), decode_query(case["input"])) == (case["path"], case["query"])


def test_engine_takes_the_same_scans(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in engine(shared_data, "scan_process.json"):
        if not case["scan_data"].startswith(element_string.SYMBOLOGIES):
            unclaimed += 1
            continue
        elements = answered(lambda text=case["scan_data"]: element_string.parse(text))
        expected = element_string.parse(raw(case["data"])) if case["valid"] else None
        judged.append((case, elements == expected))
    report("scan_process", judged, unclaimed)


def solidsoft(shared_data: Path, name: str) -> Iterator[Case]:
    yield from load(shared_data / "gs1-digital-link-solidsoft", name)


def is_compressed(case: Case) -> bool:
    return "ompressed" in case["scenario"] and "uncompressed" not in case["scenario"]


def solidsoft_raw(text: str) -> str:
    return re.sub("<gs>", element_string.FNC1, text, flags=re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Gs1DigitalLinkToGs1ElementStrings.json", "elementStrings"),
        ("Gs1CompressedDigitalLinkToGs1ElementStrings.json", "elementString"),
    ],
)
def test_solidsoft_takes_the_same_links_apart(shared_data: Path, name: str, column: str) -> None:
    judged, unclaimed = [], 0
    for case in solidsoft(shared_data, name):
        if is_compressed(case):
            unclaimed += 1
            continue
        link = answered(lambda uri=case["digitalLink"]: digital_link.parse(uri, legacy=True))
        expected = element_string.parse(solidsoft_raw(case[column]))
        judged.append((case, link is not None and sorted(link.elements) == sorted(expected)))
    report(name, judged, unclaimed)


def test_solidsoft_extracts_the_same_values(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in solidsoft(shared_data, "ExtractFromGs1DigitalLink.json"):
        if "digitalLink" not in case:
            unclaimed += 1
            continue
        link = answered(lambda uri=case["digitalLink"]: digital_link.parse(uri, legacy=True))
        expected = [(case[f"AI{n}"], case[f"Value{n}"]) for n in range(1, 5) if case[f"AI{n}"]]
        judged.append((case, link is not None and list(link.elements) == expected))
    report("ExtractFromGs1DigitalLink", judged, unclaimed)


def test_solidsoft_writes_the_same_links(shared_data: Path) -> None:
    judged = []
    for case in solidsoft(shared_data, "Gs1ElementStringsToGs1DigitalLink.json"):
        short, stem = "short names" in case["scenario"], case.get("uriStem", "")
        expected = case.get("digitalLink")
        if not stem and expected:
            stem = re.match(r"https?://[^/]+", expected)[0]  # type: ignore[index]

        def write(text: str = case["elementString"], stem: str = stem, short: bool = short) -> str:
            elements = element_string.parse(solidsoft_raw(text))
            return digital_link.format(digital_link.of_elements(elements, stem=stem, legacy=True), short_names=short)

        judged.append((case, answered(write) == expected))
    report("Gs1ElementStringsToGs1DigitalLink", judged, 0)


def test_solidsoft_knows_no_identifier_that_we_do_not(shared_data: Path) -> None:
    judged, unclaimed = [], 0
    for case in solidsoft(shared_data, "TableTests.json"):
        if "format" not in case:  # tables of the compression algorithm
            unclaimed += 1
        else:
            known = find(case["ai"])
            fixed = case["predefinedLength"] == "TRUE"
            written = re.findall(r"[NXYZ](?:\.\.)?(\d+)|(-)", case["format"].removeprefix("X1.."))
            longest = sum(int(size or 1) for size, _ in written)
            ours = sum(part.longest for part in known.parts) if known else 0
            # The library counts the currency or country inside its N..15; GS1 counts it apart.
            apart = case["ai"][:3] in ("391", "393")
            judged.append((case, known is not None and known.fixed == fixed and (apart or ours == longest)))
    report("TableTests", judged, unclaimed)


def test_solidsoft_reads_the_same_element_strings(shared_data: Path) -> None:
    for case in solidsoft(shared_data, "ExtractFromGs1ElementStrings.json"):
        elements = answered(lambda text=case["elementString"]: element_string.parse(solidsoft_raw(text)))
        if "AI1" not in case:
            assert elements is None
            continue
        assert list(elements[:3]) == [(case[f"AI{n}"], case[f"Value{n}"]) for n in (1, 2, 3)]
        for code, value in elements:
            check_value(code, value)
