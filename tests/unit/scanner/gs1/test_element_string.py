"""What a scanner reads off a case or a bottle."""

import pytest

from scanner.errors import Malformed
from scanner.gs1 import element_string
from scanner.gs1.associations import check_together

CASE = (("00", "106901234567890128"),)
BOTTLE = (("01", "06901234567892"), ("10", "L2026-03"), ("17", "310300"), ("21", "7KQ2(9"))


def test_brackets_and_raw_say_the_same() -> None:
    assert element_string.parse("(01)06901234567892(10)L2026-03(17)310300(21)7KQ2\\(9") == BOTTLE
    assert element_string.parse("]d2010690123456789210L2026-03\x1d1731030021" + "7KQ2(9") == BOTTLE


def test_a_separator_stands_only_where_the_length_is_open() -> None:
    assert element_string.format_raw(BOTTLE) == "010690123456789210L2026-03\x1d17310300217KQ2(9"
    assert element_string.format_bracketed(BOTTLE) == "(01)06901234567892(10)L2026-03(17)310300(21)7KQ2\\(9"
    assert element_string.format_raw(CASE) == "00106901234567890128"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "element string"),
        ("]E06901234567892", "element string"),
        ("(01)06901234567893", "01"),
        ("(10)", "10"),
        ("(17)311300", "17"),
        ("(11)310229", "11"),
        ("(5)1", "5"),
        ("(01", "element string"),
        ("()x", "application identifier"),
        ("9", "element string"),
        ("(422)155", "422"),
        ("(8200)http://x.example/§", "8200"),
        ("010690123456789", "01"),
    ],
)
def test_a_wrong_string_names_the_identifier(text: str, field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        element_string.parse(text)
    assert refusal.value.field == field


def test_a_serial_alone_does_not_name_a_bottle() -> None:
    with pytest.raises(Malformed, match="21: needs one of 01"):
        check_together((("21", "A1"),))
    check_together(BOTTLE)


def test_a_thing_is_not_both_an_item_and_contents() -> None:
    with pytest.raises(Malformed, match="cannot stand beside"):
        check_together((("01", "06901234567892"), ("02", "06901234567892"), ("37", "6"), ("00", CASE[0][1])))
