"""Cases of nodes from outside: each file says how it is put to us and what is right; the verdict is read from it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Delivery, Quote
from ledger_indexer import errors
from ledger_indexer.errors import IndexerError
from ledger_indexer.fetching.client import Node
from ledger_indexer.fetching.fetcher import Fetcher
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.speaking import SpeakingNode, answers, header
from tests.fakes.zoo import error

pytestmark = [pytest.mark.external, pytest.mark.integration]
KEY = b"\x17" * 32


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[dict[str, Any]]:
    folder = shared_data.parent / "cases"
    found = [json.loads(path.read_text()) for part in ("indexer", "relayer") for path in folder.glob(f"{part}-*.json")]
    if not found:
        pytest.skip(f"no cases in {folder}")
    return found


def numbers(told: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", told)]


def batches(case: dict[str, Any]) -> None:
    """`Node.headers(first, last)` against a node that refuses larger batches as the case says."""
    first, last = numbers(re.search(r"Node\.headers\(([^)]*)\)", case["how"])[1])  # type: ignore[index]
    (most, *_) = numbers(case["input"]["error"]["message"])
    should = re.search(r"headers of (\d+)\.\.(\d+) come back", case["expected_and_why"])
    assert should, "the case does not say which headers"

    def speak(message: Any) -> Any:
        if isinstance(message, list) and len(message) > most:
            return case["input"]
        return answers(message, lambda method, params: header(int(params[0], 16)))

    with SpeakingNode(speak) as other:
        node = Node(other.url)
        found = [each.number for each in node.headers(first, last)]
        asked = len(other.heard)
        node.headers(first, last)
        node.close()
        assert max(other.sizes[asked:]) <= most, "the size is remembered"
    assert found == list(range(int(should[1]), int(should[2]) + 1))


def ranges(case: dict[str, Any]) -> None:
    """`Fetcher._logs(first, last)` against a node that answers nothing else than the case's words."""
    first, last = numbers(re.search(r"Fetcher\._logs\(([^)]*)\)", case["how"])[1])  # type: ignore[index]
    name, count = re.match(r"(\w+) after (\w+) request", case["expected_and_why"]).groups()  # type: ignore[union-attr]
    raised = getattr(errors, name)
    codes = [int(code) for code in re.findall(r"\b429\b|-32005\b", case["how"])]
    assert codes, "the case names no code"
    for words in case["input"]:
        for code in codes:
            with SpeakingNode(lambda message, code=code, words=words: error(code, words, message["id"])) as other:
                node = Node(other.url)
                with pytest.raises(IndexerError, match=re.escape(words)) as caught:
                    Fetcher(node, DEPLOYMENT.watched)._logs(first, last)
                node.close()
            assert isinstance(caught.value, raised), f"{code} {words}: {caught.value!r}"
            assert len(other.heard) == {"one": 1, "two": 2}[count]


def _rest(method: str, params: list[Any]) -> Any:
    return {"eth_getBlockByNumber": header(1), "eth_chainId": "0x1"}.get(method, "0x1")


def quotes(case: dict[str, Any]) -> None:
    """`Chain.quote()` on the case's block."""
    assert re.match(r"Quote is returned", case["expected_and_why"])
    block = case["input"]
    with SpeakingNode(
        lambda m: answers(m, lambda method, params: block if "Block" in method else _rest(method, params))
    ) as other:
        quote = Chain(other.url, KEY).quote()
    assert isinstance(quote, Quote)
    assert quote.block_gas == int(block["gasLimit"], 16)


def deliveries(case: dict[str, Any]) -> None:
    """`Chain.send(raw)`, refused in each of the case's wordings; a node whose books know nothing of it."""
    code = int(re.search(r"code (-?\d+)", case["how"])[1])  # type: ignore[index]
    for name, wordings in case["input"].items():
        assert name in case["expected_and_why"]
        for words in wordings:

            def speak(message: Any, words: str = words) -> Any:
                if message["method"] == "eth_sendRawTransaction":
                    return error(code, words, message["id"])
                return answers(message, lambda method, params: None if "ByHash" in method else "0x0")

            with SpeakingNode(speak) as other:
                assert Chain(other.url, KEY).send(b"\x02\xc0") is Delivery[name], words


_PUT = {"Node.headers(": batches, "Fetcher._logs(": ranges, "Chain.quote()": quotes, "Chain.send(": deliveries}


def test_every_case_of_a_node_is_answered_as_it_says(cases: list[dict[str, Any]]) -> None:
    put: Iterator[Any]
    for case in cases:
        put = (way for call, way in _PUT.items() if call in case["how"])
        way = next(put, None)
        assert way is not None, f"{case['name']}: nobody knows how to put it: {case['how']}"
        print(case["name"])
        way(case)
