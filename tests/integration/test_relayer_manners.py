"""The relayer at nodes that are not geth: what it reads of a header, how it signs, what it makes of a refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak

from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Call, Delivery, Fee
from backend.errors import Unavailable
from tests.fakes.speaking import SpeakingNode, answers, header
from tests.fakes.zoo import error, html

pytestmark = pytest.mark.integration
KEY = b"\x17" * 32
CALL = Call(b"\x22" * 20, b"\x01\x02", 90_000)
Results = Callable[[str, list[Any]], Any]


class No(Exception):
    """The node refuses with a code and words."""


def normal(**told: Any) -> Results:
    """A chain at nonce 4; `told` overrides results by method, as values or as functions of the parameters."""
    usual = {
        "eth_chainId": "0x4f24",
        "eth_getTransactionCount": "0x4",
        "eth_maxPriorityFeePerGas": "0x3",
        "eth_gasPrice": "0x9",
        "eth_getBlockByNumber": header(1),
    }

    def result(method: str, params: list[Any]) -> Any:
        value = {**usual, **told}[method]
        return value(params) if callable(value) else value

    return result


def no(code: int, words: str) -> Callable[[Any], Any]:
    def refuse(params: Any) -> Any:
        raise No(code, words)

    return refuse


@contextmanager
def at(results: Results) -> Iterator[tuple[Chain, SpeakingNode]]:
    def speak(message: Any) -> Any:
        try:
            return answers(message, results)
        except No as refusal:
            return error(*refusal.args, message["id"])

    with SpeakingNode(speak) as other:
        yield Chain(other.url, KEY), other


@pytest.mark.parametrize(
    "changes",
    [
        {"extraData": "0x" + "ab" * 241},
        {"extraData": None, "mixHash": None, "nonce": None, "size": "much"},
        {"gasLimit": 30_000_000, "baseFeePerGas": "7", "timestamp": "0x19b767a0c7b"},
        {"gasLimit": "0x01c9c380", "baseFeePerGas": "0X7", "withdrawals": [], "sealFields": ["0x"]},
    ],
)
def test_a_quote_needs_three_numbers_of_a_header_and_no_more(changes: dict[str, Any]) -> None:
    with at(normal(eth_getBlockByNumber=header(1, **changes))) as (chain, _):
        quote = chain.quote()
    assert (quote.nonce, quote.fee, quote.block_gas) == (4, Fee(17, 3), 30_000_000)


def test_no_transaction_asks_for_more_gas_than_one_may() -> None:
    with at(normal(eth_getBlockByNumber=header(1, gasLimit=hex(10**12)))) as (chain, _):
        assert chain.quote().block_gas // 2 == 2**24


def test_a_chain_without_a_base_fee_gets_transactions_of_its_kind() -> None:
    old = {name: value for name, value in header(1).items() if name != "baseFeePerGas"}
    with at(normal(eth_getBlockByNumber=old, eth_maxPriorityFeePerGas=no(-32601, "Method not found"))) as (chain, _):
        quote = chain.quote()
        raw = chain.sign(CALL, quote.nonce, quote.fee).raw
    assert quote.fee == Fee(9, 9)
    nonce, price = rlp.decode(raw)[:2]
    assert (int.from_bytes(nonce, "big"), int.from_bytes(price, "big")) == (4, 9)


def test_a_node_that_names_no_tip_is_asked_for_its_price() -> None:
    with at(normal(eth_maxPriorityFeePerGas=no(-32601, "Method not found"))) as (chain, _):
        assert chain.quote().fee == Fee(2 * 7 + 2, 2)


def refused(words: str, **told: Any) -> Results:
    books = {"eth_getTransactionByHash": None, "eth_sendRawTransaction": no(-32000, words)}
    return normal(**{**books, **told})


@pytest.mark.parametrize(
    ("books", "delivery"),
    [
        ({"eth_getTransactionByHash": {"hash": "0x"}}, Delivery.TAKEN),
        ({"eth_getTransactionCount": "0x5"}, Delivery.SPENT),
        ({"eth_getTransactionCount": lambda params: "0x5" if params[1] == "pending" else "4"}, Delivery.UNDERPRICED),
    ],
)
def test_where_words_tell_nothing_the_nodes_books_do(books: dict[str, Any], delivery: Delivery) -> None:
    with at(refused("rejected (E17)", **books)) as (chain, other):
        signed = chain.sign(CALL, 4, Fee(20, 2))
        assert chain.send(signed.raw) is delivery
        asked = [m["params"][0] for m in other.heard if m["method"] == "eth_getTransactionByHash"]
    assert asked == ["0x" + signed.hash.hex()] == ["0x" + keccak(signed.raw).hex()]


def test_what_neither_words_nor_books_explain_is_said_in_the_nodes_words() -> None:
    with at(refused("sender is not on the list")) as (chain, _):
        raw = chain.sign(CALL, 4, Fee(20, 2)).raw
        with pytest.raises(Unavailable, match="sender is not on the list"):
            chain.send(raw)


def test_a_busy_node_is_asked_for_nothing_else() -> None:
    with at(refused("rate limit exceeded")) as (chain, other):
        raw = chain.sign(CALL, 4, Fee(20, 2)).raw
        before = len(other.heard)
        with pytest.raises(Unavailable, match="rate limit exceeded") as raised:
            chain.send(raw)
        assert len(other.heard) == before + 1
    assert raised.value.details["retry_after_s"] > 0


def test_a_rest_that_the_node_names_is_passed_on_to_the_worker() -> None:
    with SpeakingNode(lambda message: html(429, "Too Many Requests", **{"Retry-After": "600"})) as other:
        lanes = [Chain(other.url, bytes([n]) * 32) for n in range(1, 5)]
        for lane in lanes:
            with pytest.raises(Unavailable) as raised:
                lane.confirmed_nonce()
            assert raised.value.details["retry_after_s"] > 500
        assert len(other.heard) == 1, "one door for all lanes: one is told, none asks again"


@pytest.mark.parametrize(
    ("receipt", "outcome"),
    [
        (None, None),
        (no(-32000, "transaction indexing is in progress"), None),
        (no(-32000, "not found"), None),
        ({"blockNumber": None, "status": None}, None),
        ({"blockNumber": "0x7", "status": "0x1"}, True),
        ({"blockNumber": 7, "status": 1}, True),
        ({"blockNumber": "7", "status": "0x0"}, False),
    ],
)
def test_a_receipt_is_read_in_whatever_form(receipt: Any, outcome: bool | None) -> None:
    with at(normal(eth_getTransactionReceipt=receipt)) as (chain, _):
        assert chain.outcome(b"\x33" * 32) is outcome
        if outcome is not None:
            assert chain.block_of(b"\x33" * 32) == 7
