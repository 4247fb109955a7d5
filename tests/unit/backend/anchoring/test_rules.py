import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from backend.anchoring.lanes import bumped, chunks, is_time, share_out
from backend.anchoring.rules import INTENTS_MAX, Fee, Load, SignedCapture, gas_of
from scanner.device.capture import Capture, Input, Step

SIGNER, P256 = b"\1" * 20, b"\1" * 84
NOW = datetime(2026, 3, 18, tzinfo=UTC)


def name(batch: str) -> bytes:
    return batch.encode().rjust(32)


def said(number: int, batch: str = "A", *, inputs: str = "", signer: bytes = SIGNER) -> SignedCapture:
    used = tuple(Input(name(each), 1) for each in inputs)
    capture = Capture(bytes([number]) * 32, name(batch), Step.AGE, 1, inputs=used)
    return SignedCapture(capture, signer, b"")


def test_captures_keep_their_order_across_transactions() -> None:
    captures = [said(n) for n in range(250)]
    groups = chunks(captures, gas=10**9)
    assert [len(group) for group in groups] == [100, 100, 50]
    assert [each for group in groups for each in group] == captures


def test_a_transaction_never_asks_for_more_gas_than_it_may() -> None:
    captures = [said(n, signer=P256 if n % 3 else SIGNER, inputs="XYZ") for n in range(50)]
    assert all(gas_of(group) <= 5_000_000 for group in chunks(captures, gas=5_000_000))


def test_a_capture_whose_transactions_reverted_travels_with_few_then_alone() -> None:
    captures = [said(n) for n in range(60)]
    once = chunks(captures, gas=10**9, reverts={captures[30].capture.evidence: 1})
    assert [len(group) for group in once] == [30, 12, 18]
    twice = chunks(captures, gas=10**9, reverts={captures[30].capture.evidence: 2})
    assert [len(group) for group in twice] == [30, 1, 29]
    assert [each for group in twice for each in group] == captures


def test_a_capture_too_dear_for_the_limit_goes_alone() -> None:
    assert [len(group) for group in chunks([said(1), said(2)], gas=1)] == [1, 1]


def shared(
    captures: list[SignedCapture],
    *,
    room: Sequence[int] = (9, 9),
    under_way: Mapping[str, Collection[int]] | None = None,
    lanes_of: Callable[[SignedCapture], Collection[int]] | None = None,
    each_takes: int = 2,
) -> list[list[int]]:
    lines = share_out(
        captures,
        lanes_of=lanes_of or (lambda _: range(len(room))),
        under_way={name(batch): lanes for batch, lanes in (under_way or {}).items()},
        room=room,
        each_takes=each_takes,
    )
    return [[each.capture.evidence[0] for each in line] for line in lines]


def test_what_waits_holds_back_later_captures_of_its_batches_only() -> None:
    waiting = said(1, "A")
    captures = [waiting, said(2, "B"), said(3, "A"), said(4, "C", inputs="A"), said(5, "C"), said(6, "B")]
    assert shared(captures, room=[9], lanes_of=lambda each: () if each is waiting else (0,)) == [[2, 6]]


def test_one_lane_carries_everything_in_its_order() -> None:
    assert shared([said(1), said(2, "B", inputs="A"), said(3, "C")], room=[9]) == [[1, 2, 3]]


def test_batches_that_share_nothing_fill_a_transaction_and_then_take_the_next_lane() -> None:
    assert shared([said(n, str(n)) for n in range(1, 7)]) == [[1, 2, 5, 6], [3, 4]]


def test_a_batch_stays_in_its_lane_and_takes_what_it_is_made_of_along() -> None:
    captures = [said(1, "A"), said(2, "B"), said(3, "C"), said(4, "A"), said(5, "D", inputs="C"), said(6, "D")]
    assert shared(captures) == [[1, 2, 4], [3, 5, 6]]


def test_what_is_made_of_batches_in_two_lanes_waits_with_all_that_follows() -> None:
    captures = [said(1, "C", inputs="AB"), said(2, "C"), said(3, "A"), said(4, "D")]
    assert shared(captures, under_way={"A": {0}, "B": {1}}) == [[4], []]
    assert shared(captures, under_way={"A": {1}, "B": {1}}, each_takes=9) == [[4], [1, 2, 3]]


def test_a_full_lane_keeps_its_batches_waiting_and_others_go_by_the_next() -> None:
    captures = [said(1, "A"), said(2, "B"), said(3, "A")]
    assert shared(captures, room=[0, 5], under_way={"A": {0}}) == [[], [2]]
    assert shared(captures, room=[0, 0]) == [[], []]


def test_a_batch_of_a_key_that_is_none_of_ours_any_more_waits() -> None:
    assert shared([said(1, "A"), said(2, "B")], under_way={"A": {-1}}) == [[2], []]


def test_a_capture_goes_only_by_a_lane_that_may_carry_it() -> None:
    captures = [said(1, "A"), said(2, "B"), said(3, "C")]
    assert shared(captures, room=[1, 9], lanes_of=lambda _: (0,)) == [[1, 2], []]


def test_in_any_trade_no_batch_is_in_two_lanes_and_none_is_overtaken() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(300):
        captures = [
            said(n, dice.choice("ABCDEF"), inputs="".join(dice.sample("ABCDEF", dice.choice([0, 0, 0, 1, 2]))))
            for n in range(dice.randrange(40))
        ]
        under_way = {batch: {dice.randrange(3)} for batch in dice.sample("ABCDEF", 2)}
        lines = shared(captures, room=[dice.randrange(4) for _ in range(3)], under_way=under_way)
        for batch in "ABCDEF":
            told = [each.capture.evidence[0] for each in captures if name(batch) in each.batches]
            gone = [[n for n in line if n in told] for line in lines]
            used = {lane for lane, line in enumerate(gone) if line}
            assert len(used) <= 1
            assert used <= set(under_way.get(batch, used))
            went = list(chain(*gone))
            assert went == told[: len(went)], "what went is the beginning of what was said"


@pytest.mark.parametrize(
    ("waiting", "age_s", "patience_s", "expected"),
    [(0, 99, 0, False), (1, 0, 0, True), (1, -5, 0, True), (1, 9, 10, False), (1, 10, 10, True), (100, 0, 10, True)],
)
def test_what_waits_is_written_when_it_is_enough_or_old_enough(
    waiting: int, age_s: int, patience_s: int, expected: bool
) -> None:
    since = NOW - timedelta(seconds=age_s)
    assert is_time(waiting, 100, since, timedelta(seconds=patience_s), NOW) is expected


def test_a_lane_takes_no_more_when_it_is_full_or_no_node_takes_its_oldest() -> None:
    assert Load().room(NOW) == INTENTS_MAX
    assert Load(INTENTS_MAX + 1).room(NOW) == 0
    assert Load(1, NOW - timedelta(seconds=9)).room(NOW) == INTENTS_MAX - 1
    assert Load(1, NOW - timedelta(seconds=10)).room(NOW) == 0


def test_a_replacement_pays_at_least_a_tenth_more_and_never_a_tip_above_its_fee() -> None:
    for old in (Fee(0, 0), Fee(1, 1), Fee(10**9, 10**6)):
        new = bumped(old, Fee(0, 0))
        assert new.most * 10 >= old.most * 11
        assert new.most > old.most
        assert new.tip <= new.most
    assert bumped(Fee(1, 1), Fee(500, 9)) == Fee(500, 9)


def test_gas_grows_with_inputs_and_with_keys_of_browsers() -> None:
    plain = said(1)
    assert gas_of([said(1, inputs="AB")]) > gas_of([plain])
    assert gas_of([replace(plain, signer=P256)]) > gas_of([plain])
