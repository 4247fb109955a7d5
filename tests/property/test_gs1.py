"""Parse and format are pairs, and nothing that is typed or scanned can do more than be refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.gs1 import digital_link, element_string
from scanner.gs1.check_digit import CSET82, check_digit
from scanner.gs1.identifiers import Gln, Gtin, Sscc

bodies = st.text("0123456789", min_size=13, max_size=13)
words = st.text(CSET82, min_size=1, max_size=20)


def gtin(body: str) -> str:
    return body + check_digit(body)


bottles = st.builds(
    lambda body, batch, serial: (("01", gtin(body)), ("10", batch), ("21", serial)), bodies, words, words
)


@given(bottles)
def test_a_bottle_comes_back_from_every_spelling(elements: tuple[tuple[str, str], ...]) -> None:
    assert element_string.parse_raw(element_string.format_raw(elements)) == elements
    link = digital_link.of_elements(elements, stem="https://jiu.example/v")
    assert link.elements == elements
    assert digital_link.parse(digital_link.format(link)) == link


@given(bottles)
def test_a_bottle_comes_back_from_brackets(elements: tuple[tuple[str, str], ...]) -> None:
    assert element_string.parse_bracketed(element_string.format_bracketed(elements)) == elements


@given(bodies, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(body: str, place: int, shift: int) -> None:
    right = gtin(body)
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert Gtin.parse(right).value == right
    with pytest.raises(Malformed):
        Gtin.parse(wrong)


@given(st.text(), st.sampled_from(["", "(01)", "]d2", "https://a.example/01/", "https://a.example/01/06901234567892?"]))
def test_any_text_is_read_or_refused(text: str, front: str) -> None:
    for parse in (element_string.parse, digital_link.parse, Gtin.parse, Sscc.parse, Gln.parse):
        with suppress(Malformed):
            parse(front + text)
