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


@pytest.mark.parametrize("text", KNOWN["no_requests"])
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        joining.read_request(text)
