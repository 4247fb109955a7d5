"""Serials and inner codes survive hands and eyes, and cannot be guessed."""

from collections import Counter
from math import log2
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.codes import serials
from scanner.errors import Malformed

seeds = st.integers(0, 2**32)


@given(seeds)
def test_a_new_serial_has_fourteen_characters_and_checks(seed: int) -> None:
    serial = serials.new_serial(Random(seed).randbytes)
    assert len(serial) == 14
    assert set(serial) <= set(serials.ALPHABET)
    assert serials.check_serial(serial)


@given(seeds, st.integers(0, 13), st.sampled_from(serials.ALPHABET))
def test_any_single_wrong_character_is_caught(seed: int, at: int, letter: str) -> None:
    serial = serials.new_serial(Random(seed).randbytes)
    wrong = serial[:at] + letter + serial[at + 1 :]
    assert serials.check_serial(wrong) is (wrong == serial)


@given(seeds, st.integers(0, 12))
def test_any_two_neighbours_exchanged_are_caught(seed: int, at: int) -> None:
    serial = serials.new_serial(Random(seed).randbytes)
    wrong = serial[:at] + serial[at + 1] + serial[at] + serial[at + 2 :]
    assert serials.check_serial(wrong) is (wrong == serial)


@given(seeds, st.integers(0, 17), st.integers(0, 17))
def test_any_two_characters_of_an_inner_code_exchanged_are_caught(seed: int, one: int, other: int) -> None:
    inner = serials.new_inner(Random(seed).randbytes)
    letters = list(inner)
    letters[one], letters[other] = letters[other], letters[one]
    assert serials.check_inner("".join(letters)) is ("".join(letters) == inner)


def test_the_codes_hold_the_bits_they_promise() -> None:
    assert not set("01OIL") & set(serials.ALPHABET)
    assert (serials.SERIAL_LENGTH - 1) * log2(serials.BASE) >= 60
    assert (serials.INNER_LENGTH - 1) * log2(serials.BASE) >= 80


def test_all_characters_are_alike_likely() -> None:
    drawn = serials.draw(20_000, 14, Random(7).randbytes).decode()
    counts = Counter(letter for at, letter in enumerate(drawn) if at % 14 != 13)
    expected = 20_000 * 13 / 31
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 60  # chi squared, 30 degrees


def test_bytes_that_would_favour_a_character_are_thrown_away() -> None:
    given_bytes = iter([bytes([255] * 5 + [0] * 12), bytes([248]) + bytes(12) * 3])
    assert serials.new_serial(lambda count: next(given_bytes)) == "2" * 14


@given(seeds)
def test_a_person_may_type_the_inner_code_carelessly(seed: int) -> None:
    inner = serials.new_inner(Random(seed).randbytes)
    printed = serials.group_inner(inner)
    assert [len(group) for group in printed.split("-")] == [6, 6, 6]
    assert serials.parse_inner(f"  {printed.lower().replace('-', ' - ')} ") == inner


@pytest.mark.parametrize("typed", ["", "AAAAAA", "AAAAAA-AAAAAA-AAAAA0", "AAAAAA-AAAAAA-AAAAAB", "酒" * 18])
def test_a_mistyped_inner_code_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="inner"):
        serials.parse_inner(typed)


def test_the_hash_of_an_inner_code_stands_behind_its_domain() -> None:
    from hashlib import sha256

    inner = serials.new_inner(Random(1).randbytes)
    assert serials.inner_hash(inner) == sha256(b"jiulian-inner:" + inner.encode()).hexdigest()
