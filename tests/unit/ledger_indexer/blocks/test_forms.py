"""One meaning in the many forms in which nodes write it."""

import pytest

from ledger_indexer.blocks.forms import hex_bytes, is_odd, normalize, quantity, seconds
from ledger_indexer.blocks.wire import WireHeader


@pytest.mark.parametrize("told", ["0x1f", "0X1F", "0x001f", "31", 31, 31.0, " 0x1F "])
def test_a_number_is_the_same_however_it_is_written(told: object) -> None:
    assert quantity(told) == 31


@pytest.mark.parametrize("told", ["", "0xzz", "many", None, 1.5, [1], {}])
def test_what_is_no_number_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        quantity(told)


def test_nothing_after_the_sign_of_hex_is_nought() -> None:
    assert quantity("0x") == 0
    assert hex_bytes("0x") == b""


@pytest.mark.parametrize("told", [1_767_225_600, 1_767_225_600_123, hex(1_767_225_600_999), 1_767_225_600_123_456])
def test_a_blocks_time_is_in_seconds_whatever_its_unit(told: object) -> None:
    assert seconds(told) == 1_767_225_600


def test_a_log_is_brought_to_our_form_and_what_we_do_not_read_stays() -> None:
    odd = {"address": "0xAB", "topics": ["0XCD"], "logIndex": "10", "blockNumber": "0x0A", "data": "EF", "extra": 1}
    assert normalize(odd) == {
        "address": "0xab",
        "topics": ["0xcd"],
        "logIndex": "0xa",
        "blockNumber": "0xa",
        "data": "0xef",
        "extra": 1,
    }


@pytest.mark.parametrize(
    "entry", [None, "0x", [], {"topics": "0xab"}, {"logs": {}}, {"logs": ["0xab"]}, {"number": {}}]
)
def test_what_is_no_header_log_or_receipt_is_refused(entry: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        normalize(entry)


@pytest.mark.parametrize(("told", "odd"), [("0x0", False), ("0xa", False), ("0x0a", True), ("10", True), ("0xA", True)])
def test_our_form_is_known(told: str, odd: bool) -> None:
    assert is_odd(told) is odd


def test_a_header_without_a_bloom_or_with_milliseconds_is_read() -> None:
    header = WireHeader(
        number=7, hash="0x" + "AB" * 32, parentHash="0x" + "cd" * 32, timestamp="1767225600123"
    ).header()
    assert (header.number, header.hash, header.time, len(header.bloom)) == (7, b"\xab" * 32, 1_767_225_600, 256)


def test_a_hash_of_another_length_is_none() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        WireHeader(number="0x1", hash="0xab", parentHash="0x" + "cd" * 32, timestamp="0x1").header()
