"""Whose turn it is."""

import asyncio
from collections.abc import Iterator

import pytest

from ledger_indexer.node.errors import Rejected
from ledger_indexer.node.genesis import GAS_LIMIT
from ledger_indexer.node.transaction import Envelope
from ledger_indexer.node.turns import GAP_SECONDS, Submission, Turns, sort_out


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


class Queue:
    """Builds submissions of senders a and b whose next nonce is 0."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.turns = Turns(expected={"a": 0, "b": 0})
        self._loop = loop

    def send(self, sender: str, nonce: int, gas: int = 21_000, since: float = 0.0) -> Submission:
        envelope = Envelope(b"", f"{sender}{nonce}", sender, nonce, gas)
        one = Submission(envelope, self._loop.create_future(), since)
        self.turns.inbox.append(one)
        return one

    def taken(self, most: int = 32, gas: int = GAS_LIMIT) -> list[str]:
        return [one.envelope.hash for one in self.turns.take(most, gas)]


@pytest.fixture
def queue(loop: asyncio.AbstractEventLoop) -> Queue:
    return Queue(loop)


def refusal(one: Submission) -> str:
    error = one.answer.exception()
    assert isinstance(error, Rejected)
    return error.message


def test_takes_in_order_of_arrival(queue: Queue) -> None:
    for sender, nonce in [("a", 0), ("b", 0), ("a", 1)]:
        queue.send(sender, nonce)
    assert queue.taken() == ["a0", "b0", "a1"]


def test_one_that_comes_before_its_turn_follows_right_after_it(queue: Queue) -> None:
    for nonce in (2, 1, 0):
        queue.send("a", nonce)
    queue.send("b", 0)
    assert queue.taken() == ["a0", "a1", "a2", "b0"]


def test_a_gap_is_refused_when_nobody_fills_it(queue: Queue) -> None:
    late = queue.send("a", 1)
    assert queue.taken() == []
    queue.turns.expire(GAP_SECONDS / 2)
    assert not late.answer.done()
    queue.turns.expire(GAP_SECONDS)
    assert "nonce too high" in refusal(late)


def test_a_used_nonce_is_refused(queue: Queue) -> None:
    queue.send("a", 0)
    again = queue.send("a", 0)
    assert queue.taken() == ["a0"]
    assert "nonce too low" in refusal(again)


def test_a_block_takes_no_more_gas_than_it_has(queue: Queue) -> None:
    queue.send("a", 0, gas=GAS_LIMIT - 1)
    queue.send("b", 0, gas=2)
    assert queue.taken() == ["a0"]
    assert queue.taken() == ["b0"]


def test_more_gas_than_a_block_has_is_refused(queue: Queue) -> None:
    one = queue.send("a", 0, gas=GAS_LIMIT + 1)
    assert queue.taken() == []
    assert "above a block" in refusal(one)


def test_an_unknown_sender_waits_until_its_nonce_is_asked_for(queue: Queue) -> None:
    queue.send("c", 7)
    assert queue.turns.unknown(32) == ["c"]
    assert queue.taken() == []
    queue.turns.expected["c"] = 7
    assert queue.taken() == ["c7"]


def test_followers_of_a_refused_one_lose_their_turn_and_others_do_not(queue: Queue) -> None:
    for sender, nonce in [("a", 0), ("a", 1), ("b", 0)]:
        queue.send(sender, nonce)
    group = queue.turns.take(32, GAS_LIMIT)
    sorted_out = sort_out(group, [Rejected(-32003, "insufficient funds"), None, None])
    assert [one.envelope.hash for one in sorted_out.stored] == ["b0"]
    assert [one.envelope.hash for one, _ in sorted_out.refused] == ["a0"]
    assert [one.envelope.hash for one in sorted_out.out_of_turn] == ["a1"]
    for one, _ in sorted_out.refused:
        queue.turns.refused(one.envelope)
    queue.turns.put_back(sorted_out.out_of_turn)
    queue.send("a", 0)
    assert queue.taken() == ["a0", "a1"]
