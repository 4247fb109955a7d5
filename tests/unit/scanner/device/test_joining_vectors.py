"""Known answers for joining that the warehouse app's JavaScript must give too."""

import json
from pathlib import Path

import pytest

from scanner.device import joining, signing
from scanner.device.signing import Domain
from scanner.errors import Malformed

KNOWN = json.loads((Path(__file__).parents[3] / "vectors" / "joining" / "joining.json").read_text("utf-8"))
DOMAIN = Domain(KNOWN["domain"]["chain_id"], bytes.fromhex(KNOWN["domain"]["contract"][2:]))
KEY, BY = (bytes.fromhex(KNOWN[name][2:]) for name in ("key", "by_key"))
PARTY, LABEL = KNOWN["party"], KNOWN["label"]


@pytest.mark.parametrize("code", KNOWN["codes"])
def test_a_code_however_written_makes_the_known_redemption(code: str) -> None:
    assert joining.key_of_code(code).hex() == KNOWN["code_key"][2:]
    assert joining.redemption(PARTY, KEY, LABEL, code, DOMAIN) == KNOWN["redemption"]


@pytest.mark.parametrize("code", KNOWN["no_codes"])
def test_what_is_no_code_makes_none(code: str) -> None:
    with pytest.raises(Malformed):
        joining.key_of_code(code)


def test_a_request_is_the_known_text_and_is_read_again() -> None:
    admitting = signing.address_of(BY)
    for asked, text in ((admitting, KNOWN["request"]), (None, KNOWN["proposal_request"])):
        assert joining.request_text(PARTY, KEY, LABEL, asked, DOMAIN) == text
        read = joining.read_request(f" {text}\n")
        assert (read.party, read.signer, read.by, read.label) == (PARTY, signing.address_of(KEY), asked, LABEL)
    assert joining.admission(PARTY, KEY, LABEL, BY, DOMAIN) == KNOWN["admission"]
    assert "0x" + joining.read_request(KNOWN["request"]).possession.hex() == KNOWN["admission"]["possession"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (field, text)
        for field, texts in (
            ("request", KNOWN["no_requests"] + KNOWN["unreadable_requests"]),
            ("damaged", KNOWN["damaged_requests"]),
        )
        for text in texts
    ],
)
def test_what_is_no_request_is_told_from_one_that_was_cut_or_changed(field: str, text: str) -> None:
    with pytest.raises(Malformed) as refused:
        joining.read_request(text)
    assert refused.value.field == field


def test_no_letter_of_a_request_can_be_lost_or_changed() -> None:
    text = KNOWN["request"]
    for at in range(len("jiulian-join:"), len(text)):
        for other in (text[:at] + text[at + 1 :], text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]):
            with pytest.raises(Malformed):
                joining.read_request(other)


@pytest.mark.parametrize("each", KNOWN["fingerprints"], ids=lambda each: each["fingerprint"])
def test_a_device_has_the_known_fingerprint(each: dict[str, str]) -> None:
    assert signing.fingerprint(bytes.fromhex(each["signer"][2:])) == each["fingerprint"]
