"""Identifiers are parsed at the door."""

import pytest

from scanner.errors import Malformed
from scanner.gs1.check_digit import check_digit, check_pair
from scanner.gs1.identifiers import Batch, Gln, Gtin, Serial, Sscc


def test_a_retail_code_of_thirteen_digits_is_the_same_gtin_as_its_fourteen() -> None:
    assert Gtin.parse("6901234567892") == Gtin.parse("06901234567892")
    assert str(Gtin.parse("6901234567892")) == "06901234567892"


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (Gtin, "6901234567893", "check digit is 3, must be 2"),
        (Gtin, "690123456789", "check digit"),
        (Gtin, "69012345678921", "check digit"),
        (Gtin, "123", "has 3 digits, needs 8 or 12 or 13 or 14"),
        (Gtin, "６９０１２３４５６７８９２", "is not all digits"),
        (Sscc, "106901234567890120", "check digit is 0"),
        (Sscc, "1069012345678901", "needs 18"),
        (Gln, "6901234000015", "check digit"),
        (Gln, "", "is not all digits"),
        (Serial, "", "needs 1 to 20"),
        (Serial, "A" * 21, "needs 1 to 20"),
        (Serial, "a b", "character ' ' is not allowed"),
        (Batch, "批次", "is not allowed"),
    ],
)
def test_a_wrong_identifier_is_refused_with_its_reason(kind: type[Gtin], text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason) as refusal:
        kind.parse(text)
    assert refusal.value.field == kind.__name__.lower()


def test_check_digits_follow_the_general_specifications() -> None:
    assert check_digit("629104150021") == "3"
    assert check_digit("37610425002123456") == "9"
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"
