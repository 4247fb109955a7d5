"""Goods without codes: each bottle of a consignment is open, told of, given back or disputed once, whatever is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from backend.units.rules_deliveries import Closing, Delivery, Objection, still_open, weigh_words

START = datetime(2026, 3, 1, tzinfo=UTC)
SENT, WORD, LATER = b"sent", b"word", b"later"


def told(number: int, quantity: int, *against: Objection, of: bytes = SENT) -> Delivery:
    at = START + timedelta(hours=number)
    name = b"told %d" % number
    return Delivery(name, of, "sender", "addressee", "gtin", "batch", quantity, at, at, False, (), against)


def closing(evidence: bytes, number: int, bottles: int, ended: int | None = None) -> Closing:
    end = START + timedelta(hours=ended) if ended is not None else None
    return Closing(evidence, START + timedelta(hours=number), bottles, end)


def test_what_is_closed_is_of_what_was_told_first() -> None:
    left = still_open([told(1, 6), told(2, 6)], [closing(WORD, 3, 8)])
    assert left == {b"told 1": 0, b"told 2": 4}


def test_what_was_told_before_it_went_back_is_not_told_again_by_the_objection() -> None:
    objection = told(3, 6, Objection(WORD, 6))
    stands, ended = closing(WORD, 2, 6), closing(WORD, 2, 6, ended=4)
    assert sum(still_open([told(1, 4), objection], [stands]).values()) == 0
    assert still_open([told(1, 4), objection], [ended]) == {b"told 1": 4, b"told 3": 2}


def test_an_objection_tells_of_the_delivery_when_its_word_has_ended() -> None:
    objection = told(2, 6, Objection(WORD, 6))
    assert still_open([objection], [closing(WORD, 1, 6, ended=3)]) == {b"told 2": 6}
    assert still_open([objection], [closing(WORD, 1, 6, ended=3), closing(LATER, 4, 5)]) == {b"told 2": 1}


def test_what_is_confirmed_is_of_what_was_not_objected_to_first() -> None:
    objection, came = told(1, 3, Objection(WORD, 3)), [told(number, 2, of=WORD) for number in (2, 3)]
    words = [weigh_words({WORD: 5}, [objection, *came[:count]])[WORD] for count in (0, 1, 2)]
    assert [(each.left, each.disputed) for each in words] == [(2, 3), (0, 3), (0, 1)]


@pytest.mark.parametrize("seed", range(30))
def test_no_bottle_is_told_of_twice_in_any_order_of_words(seed: int) -> None:
    """A sender who says all he may, and an addressee who gives back and declares it an error, at random."""
    print(f"seed {seed}")
    chance, shipped = Random(seed), 6 + seed
    said: list[Delivery] = []
    closed: list[Closing] = []
    for hour in range(1, 60):
        standing = [each for each in closed if each.ended is None]
        open_now = shipped - sum(each.bottles for each in standing)
        untold = open_now - sum(still_open(said, closed).values())
        assert 0 <= untold <= open_now
        words = weigh_words({each.evidence: each.bottles for each in standing}, said)
        assert all(min(each.left, each.disputed) >= 0 for each in words.values())
        kind = chance.choice(("deliver", "close", "end", "object"))
        if kind == "deliver" and untold:
            said.append(told(hour, chance.randint(1, untold)))
        elif kind == "close" and open_now:
            closed.append(closing(b"word %d" % hour, hour, chance.randint(1, open_now)))
        elif kind == "end" and standing:
            one = chance.choice(standing)
            closed[closed.index(one)] = replace(one, ended=START + timedelta(hours=hour))
        elif kind == "object":
            against = [Objection(word, each.left) for word, each in words.items() if each.left]
            if against:
                said.append(told(hour, sum(each.bottles for each in against), *against))
