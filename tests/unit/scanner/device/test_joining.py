"""Codes are forgiving to the eye, and statements are EIP-712's."""

from random import Random

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from scanner.device import joining, signing
from scanner.errors import Malformed

DOMAIN = signing.Domain(20260, b"\x07" * 20)


def test_a_code_reads_the_same_however_it_is_written() -> None:
    code = joining.new_code(Random(5).randbytes)
    assert [len(group) for group in code.split("-")] == [5, 5, 5, 5]
    written = (code.lower(), code.replace("-", " "), code.replace("0", "o").replace("1", "l"), f" {code} ")
    assert {joining.key_of_code(each) for each in written} == {joining.key_of_code(code)}


@pytest.mark.parametrize("text", ["", "ABCDE", "U" * 20, "A" * 21, "酒" * 20])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="code"):
        joining.key_of_code(text)


@pytest.mark.parametrize("kind", ["Join", "Leave"])
def test_a_statement_is_hashed_as_eip_712_says(kind: str) -> None:
    statement = joining.Statement(b"\1" * 32, b"\2" * 32, b"\3" * 32)
    fields = [{"name": name, "type": "bytes32"} for name in ("party", "device", "by")]
    where = {"name": "Jiulian Participants", "version": "1", "chainId": 20260, "verifyingContract": "0x" + "07" * 20}
    said = {"party": statement.party, "device": statement.device, "by": statement.by}
    expected = _hash_eip191_message(encode_typed_data(where, {kind: fields}, said))
    assert getattr(statement, kind.lower())(DOMAIN) == expected


def test_a_signature_over_a_statement_is_known_by_its_key_alone() -> None:
    key = joining.key_of_code(joining.new_code(Random(7).randbytes))
    said = joining.Statement(b"\1" * 32, b"\2" * 32, joining.BRAND).join(DOMAIN)
    signature = signing.sign_digest(said, key)
    assert signing.verify_digest(said, signing.address_of(key), signature)
    assert not signing.verify_digest(said, b"\1" * 20, signature)
    assert not signing.verify_digest(said[::-1], signing.address_of(key), signature)
