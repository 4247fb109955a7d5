"""A node refuses: what is asked next, how soon, and what is remembered. Over HTTP, against a node that is told."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ledger_indexer.errors import (
    NodeBusy,
    NodeFault,
    NodeOverloaded,
    NodeUnavailable,
    RangeTooLarge,
    Refused,
    Unsupported,
)
from ledger_indexer.fetching.client import Node
from ledger_indexer.fetching.fetcher import Fetcher
from ledger_indexer.fetching.ranges import Sizer
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.speaking import SpeakingNode, answers, header
from tests.fakes.zoo import error, html, told

pytestmark = pytest.mark.integration
HASH = b"\x11" * 32


@contextmanager
def met(speak: Callable[[Any], Any], **how: Any) -> Iterator[tuple[Node, SpeakingNode]]:
    with SpeakingNode(speak) as other:
        node = Node(other.url, **how)
        try:
            yield node, other
        finally:
            node.close()


def chain(method: str, params: list[Any]) -> Any:
    """Headers of any height, no logs, a number for all else."""
    if method == "eth_getBlockByNumber":
        return header(9_999 if params[0] == "latest" else int(params[0], 16))
    return [] if method == "eth_getLogs" else "0x7"


def limited(most: int, refusal: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    def speak(message: Any) -> Any:
        if isinstance(message, list) and len(message) > most:
            return refusal(message)
        return answers(message, chain)

    return speak


REFUSALS: dict[str, Callable[[list[Any]], Any]] = {
    "one object": lambda calls: error(-32000, f"batch limit 60 exceeded: {len(calls)} requests given"),
    "one object with an id as text": lambda calls: error(-32600, "max batch size is 60", "0"),
    "an error for each, without ids": lambda calls: [error(-32600, "too many calls") for _ in calls],
    "an error for each, with ids": lambda calls: [error(-32600, "E7", call["id"]) for call in calls],
    "an empty array": lambda calls: [],
    "words that say nothing": lambda calls: error(-32099, "no"),
    "an error that is a text": lambda calls: {"jsonrpc": "2.0", "id": None, "error": "no"},
    "HTTP 413 in HTML": lambda calls: html(413, "Request Entity Too Large"),
    "HTTP 400 in HTML": lambda calls: html(400, "Bad Request"),
    "HTTP 400 in JSON": lambda calls: told(error(-32600, "Invalid Request"), 400),
    "HTTP 405": lambda calls: html(405, "Not Allowed"),
    "what is not JSON": lambda calls: (200, {}, b"<html>"),
    "batches are no method": lambda calls: error(-32601, "Batch requests are not supported"),
}


@pytest.mark.parametrize("most", [60, 1, 0])
@pytest.mark.parametrize("how", REFUSALS)
def test_a_batch_is_halved_down_to_single_calls_and_the_size_is_remembered(how: str, most: int) -> None:
    with met(limited(most, REFUSALS[how])) as (node, other):
        assert [h.number for h in node.headers(1, 40 if most < 2 else 200)][-1] == (40 if most < 2 else 200)
        asked = len(other.heard)
        node.headers(201, 220)
        again = other.sizes[asked:]
    assert all(size <= max(most, 0) for size in again), "what was refused once is not asked for again at once"


def test_a_batch_cut_short_is_asked_for_its_rest() -> None:
    with met(lambda message: answers(message[:30] if isinstance(message, list) else message, chain)) as (node, other):
        assert len(node.headers(1, 100)) == 100
        assert other.methods.count("eth_getBlockByNumber") < 300


def test_answers_may_come_out_of_order_with_ids_as_texts() -> None:
    def speak(message: Any) -> Any:
        return [{**each, "id": str(each["id"])} for each in reversed(answers(message, chain))]

    with met(speak) as (node, _):
        assert [h.number for h in node.headers(1, 20)] == list(range(1, 21))


def test_one_call_that_fails_does_not_cost_the_others() -> None:
    def speak(message: Any) -> Any:
        calls = message if isinstance(message, list) else [message]
        said = [
            error(-32000, "header not found", call["id"]) if call["params"][0] == "0x5" else answers(call, chain)
            for call in calls
        ]
        return said if isinstance(message, list) else said[0]

    with met(speak) as (node, other), pytest.raises(Refused, match="header not found"):
        node.headers(1, 16)
    assert len(other.heard) < 8


BUSY: dict[str, Any] = {
    "code 429": error(429, "slow down please"),
    "code -32005": error(-32005, "limit exceeded"),
    "compute units": error(-32000, "exceeded its compute units per second capacity"),
    "HTTP 429 in HTML": html(429, "Too Many Requests"),
    "HTTP 429 in JSON": told(error(-32000, "block range too large"), 429),
}


@pytest.mark.parametrize("how", BUSY)
def test_a_busy_node_is_asked_once_and_then_for_the_same_again(how: str) -> None:
    busy = [True]
    with met(lambda message: BUSY[how] if busy[0] else answers(message, chain)) as (node, other):
        fetcher = Fetcher(node, DEPLOYMENT.watched, Sizer(size=2_000))
        with pytest.raises(NodeBusy):
            fetcher._logs(1, 2_000)
        assert len(other.heard) == 1
        busy[0] = False
        assert fetcher._logs(1, 2_000) == []
        assert len(other.heard) == 2
        assert other.at[1] - other.at[0] >= 0.2, "asked again at once"
        assert fetcher.sizer.most == 2_000


@pytest.mark.parametrize("how", BUSY)
def test_a_batch_that_was_too_often_is_not_split_at_once_but_is_smaller_next_time(how: str) -> None:
    busy = [True]
    with met(lambda message: BUSY[how] if busy[0] else answers(message, chain)) as (node, other):
        with pytest.raises(NodeBusy):
            node.headers(1, 200)
        assert other.sizes == [200]
        busy[0] = False
        assert len(node.headers(1, 200)) == 200
        assert max(other.sizes[1:]) == 100


@pytest.mark.parametrize(("status", "kind"), [(429, NodeBusy), (503, NodeOverloaded)])
def test_a_rest_that_the_node_names_is_kept_by_everybody(status: int, kind: type[NodeUnavailable]) -> None:
    replies = [html(status, "No", **{"Retry-After": "1"})]
    with met(lambda message: replies.pop() if replies else answers(message, chain)) as (node, other):
        with pytest.raises(kind) as raised:
            node.chain_id()
        assert raised.value.retry_after_s == 1
        node.newest()
        assert other.at[1] - other.at[0] >= 0.95


ODD_RESTS = ["9999999999", "1764315000000", "1764315000", "inf", "nan", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("rest", ODD_RESTS)
def test_an_odd_rest_makes_nobody_silent_for_years(rest: str, status: int) -> None:
    with met(lambda message: html(status, "No", **{"Retry-After": rest})) as (node, _):
        with pytest.raises(NodeUnavailable) as raised:
            node.chain_id()
        assert 0 <= raised.value.retry_after_s <= 3_600
    odd = {"code": -32005, "message": "limit exceeded", "data": {"retry_after": rest}}
    with met(lambda message: {"jsonrpc": "2.0", "id": None, "error": odd}) as (node, _):
        with pytest.raises(NodeBusy) as raised:
            node.chain_id()
        assert raised.value.retry_after_s <= 3_600


def test_an_answer_nested_beyond_reading_is_a_fault_of_the_node() -> None:
    nested = (
        200,
        {"Content-Type": "application/json"},
        b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    )
    with met(lambda message: nested) as (node, _), pytest.raises(NodeFault, match="cannot be read"):
        node.chain_id()


def test_a_long_rest_is_the_callers_and_the_node_is_not_asked_meanwhile() -> None:
    with met(lambda message: html(429, "Too Many Requests", **{"Retry-After": "600"})) as (node, other):
        for _ in range(3):
            with pytest.raises(NodeBusy) as raised:
                node.chain_id()
        assert raised.value.retry_after_s > 500
        assert len(other.heard) == 1


def test_pauses_grow_while_a_node_stays_busy() -> None:
    with met(lambda message: error(-32005, "limit exceeded"), patience_s=3) as (node, other):
        with pytest.raises(NodeBusy, match="limit exceeded"):
            node.chain_id()
        gaps = [later - before for before, later in zip(other.at, other.at[1:], strict=False)]
    assert len(other.heard) <= 6
    assert gaps == sorted(gaps)


def test_who_has_patience_gets_an_answer_from_a_node_that_was_busy() -> None:
    replies = [html(502, "Bad Gateway"), error(429, "x"), html(503, "Service Unavailable")]
    with met(lambda message: replies.pop() if replies else answers(message, chain), patience_s=20) as (node, _):
        assert node.chain_id() == 7


@pytest.mark.parametrize("most", [1, 3, 100, 1_999])
@pytest.mark.parametrize("words", ["block range too large", "E43", "query returned more than 10000 results"])
def test_a_range_is_halved_until_the_node_takes_it_and_that_is_remembered(words: str, most: int) -> None:
    def speak(message: Any) -> Any:
        wanted = message["params"][0]
        blocks = int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) + 1
        return error(-32602, words) if blocks > most else answers(message, chain)

    with met(speak) as (node, other):
        fetcher = Fetcher(node, DEPLOYMENT.watched, Sizer(size=2_000))
        last = min(2_000, 40 * most)
        assert fetcher._logs(1, last) == []
        spans = [tuple(int(m["params"][0][end], 16) for end in ("fromBlock", "toBlock")) for m in other.heard]
        taken = [span for span in spans if span[1] - span[0] < most]
        assert [n for first, end in taken for n in range(first, end + 1)] == list(range(1, last + 1))
        assert len(spans) - len(taken) <= 11, "each size is refused once"
        assert fetcher.sizer.most <= 2 * most or last <= most


def test_words_that_say_nothing_are_answered_more_slowly() -> None:
    with met(lambda message: error(-32099, "E43")) as (node, other):
        with pytest.raises(Refused, match="E43"):
            Fetcher(node, DEPLOYMENT.watched)._logs(1, 16)
        gaps = [later - before for before, later in zip(other.at, other.at[1:], strict=False)]
    assert len(other.heard) == 5
    assert all(gap > 0.04 for gap in gaps)


def test_a_refusal_of_every_size_leaves_the_size_alone() -> None:
    with met(lambda message: error(-32000, "internal error")) as (node, _):
        fetcher = Fetcher(node, DEPLOYMENT.watched)
        with pytest.raises(Refused, match="internal error"):
            fetcher._logs(1, 8)
    assert (fetcher.sizer.size, fetcher.sizer.most) == (50, 2_000)


def test_a_single_block_that_is_too_much_is_said_to_be() -> None:
    with (
        met(lambda message: error(-32000, "response size exceeds 10 MB")) as (node, _),
        pytest.raises(RangeTooLarge, match="exceeds 10 MB"),
    ):
        Fetcher(node, DEPLOYMENT.watched)._logs(7, 7)


def test_a_gateway_that_broke_down_is_not_asked_in_pieces_but_for_less_later() -> None:
    with met(lambda message: html(504, "Gateway Time-out")) as (node, other):
        fetcher = Fetcher(node, DEPLOYMENT.watched, Sizer(size=400))
        with pytest.raises(NodeOverloaded, match="HTTP 504: 504 504 Gateway Time-out"):
            fetcher._logs(1, 400)
    assert len(other.heard) == 1
    assert fetcher.sizer.next(1, 10_000) == (1, 200)


def test_the_nodes_own_words_are_in_the_error() -> None:
    def saying(reply: Any, expected: type[Exception], words: str) -> None:
        with met(lambda message: reply) as (node, _), pytest.raises(expected, match=words):
            node.chain_id()

    saying((403, {}, b"your key has expired"), NodeUnavailable, "HTTP 403: your key has expired")
    saying(told(error(-32000, "no such key"), 500), Refused, "no such key")


def test_a_method_that_is_not_offered_is_not_asked_for_in_pieces() -> None:
    def speak(message: Any) -> Any:
        return [error(-32601, "Method not found", call["id"]) for call in message]

    with met(speak) as (node, other), pytest.raises(Unsupported):
        node.views([("0x" + "11" * 20, b"")] * 100, 1)
    assert len(other.heard) == 1


def test_logs_of_a_block_are_found_by_its_number_where_hashes_are_not_understood() -> None:
    def speak(message: Any) -> Any:
        if "blockHash" in message["params"][0]:
            return error(-32602, "unknown field blockHash")
        return answers(message, lambda method, params: [] if method == "eth_getLogs" else header(16))

    with met(speak) as (node, other):
        for _ in range(3):
            assert node.logs_of_block(bytes.fromhex(header(16)["hash"][2:]), ["0x" + "11" * 20]) == []
        refused = [m for m in other.heard if "blockHash" in (m["params"][0] if m["method"] == "eth_getLogs" else {})]
    assert len(refused) == 1


def test_receipts_are_put_together_where_a_block_does_not_give_them() -> None:
    receipt = {"transactionHash": "0x" + "AA" * 32, "blockNumber": 7, "status": 1, "logs": [], "cumulativeGasUsed": "9"}

    def speak(message: Any) -> Any:
        def result(method: str, params: list[Any]) -> Any:
            return receipt if method == "eth_getTransactionReceipt" else {"transactions": ["0x" + "aa" * 32]}

        if message["method"] == "eth_getBlockReceipts":
            return error(-32601, "the method eth_getBlockReceipts does not exist/is not available")
        return answers(message, result)

    with met(speak) as (node, _):
        ((found,),) = node.receipts([HASH])
    assert (found.transactionHash, found.status, found.cumulativeGasUsed) == ("0x" + "aa" * 32, "0x1", "0x9")


def test_a_header_that_lacks_what_every_header_has_is_the_nodes_fault_and_oddities_beside_it_are_not() -> None:
    blocks = {1: header(1, hash=None), 2: header(2, parentHash=7), 3: header(3, uncles=[], miner=None, extraData={})}
    with met(lambda message: answers(message, lambda method, params: blocks[int(params[0], 16)])) as (node, _):
        for number in (1, 2):
            with pytest.raises(NodeFault, match="cannot be read"):
                node.full_headers(number, number)
        assert node.full_headers(3, 3) == [header(3)]


def test_a_block_whose_transactions_are_no_list_is_the_nodes_fault() -> None:
    def speak(message: Any) -> Any:
        if message["method"] == "eth_getBlockReceipts":
            return error(-32601, "the method eth_getBlockReceipts does not exist/is not available")
        return answers(message, lambda method, params: header(1, transactions={"0": "0xab"}))

    with met(speak) as (node, _), pytest.raises(NodeFault, match="no list"):
        node.receipts([HASH])


def test_receipts_that_are_not_there_yet_are_waited_for_by_who_has_patience() -> None:
    nulls = [None, None]
    with met(lambda m: answers(m, lambda *_: nulls.pop() if nulls else []), patience_s=5) as (node, _):
        assert node.receipts([HASH]) == [[]]
    with met(lambda m: answers(m, lambda *_: None)) as (node, _), pytest.raises(NodeFault, match="no receipts"):
        node.receipts([HASH])


@pytest.mark.quiet
def test_the_sleep_of_a_busy_node_does_not_outlast_it() -> None:
    replies = [error(429, "x")]
    with met(lambda message: replies.pop() if replies else answers(message, chain)) as (node, _):
        with pytest.raises(NodeBusy):
            node.chain_id()
        began = time.monotonic()
        for _ in range(5):
            node.chain_id()
        assert time.monotonic() - began < 2
