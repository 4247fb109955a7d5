"""What nodes mean when they say no: a rate is not a size, whatever words both are made of."""

import pytest

from ledger_indexer.fetching.refusals import Refusal, refusal_of

BUSY = [
    (429, "Block range too large"),
    (-32005, "limit exceeded"),
    (-32005, "daily request count exceeded, request rate limited"),
    (-32007, "50/second request limit reached - reduce calls per second or upgrade your account"),
    (-32000, "too many requests"),
    (-32000, "Request exceeds your monthly quota"),
    (-32000, "project ID request rate exceeded"),
    (-32000, "concurrent requests limit exceeded"),
    (-32090, "Too many requests, reason: call rate limit exhausted, retry in 10s"),
    (-32000, "max RPS limit exceeded for account"),
    (-32097, "You reached the free tier limits"),
    (-32000, "Server is busy, try again later"),
    (-32000, "请求过于频繁"),
]
TOO_MUCH = [
    (-32005, "query returned more than 10000 results"),
    (-32602, "query returned more than 20000 results. Try with this block range [0x1, 0x2]."),
    (-32000, "block range is too wide"),
    (-32600, "You can make eth_getLogs requests with up to a 10 block range"),
    (-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
    (-32614, "eth_getLogs is limited to a 10,000 range"),
    (-32000, "query timeout exceeded"),
    (-32000, "too many requests in batch"),
    (-32008, "Response is too big"),
    (-32012, "logs matched by query exceeds limit of 10000"),
    (-32600, "Batch of 200 exceeds maximum of 50"),
    (-32701, "Please specify less number of addresses"),
    (-32000, "区块范围过大"),
]
NOT_OFFERED = [
    (-32601, "Method not found"),
    (-32000, "the method eth_getBlockReceipts does not exist/is not available"),
    (-32004, "Method not supported"),
]
OTHER = [(3, "execution reverted: more than allowed"), (-32000, "missing trie node"), (-32602, "invalid params")]


@pytest.mark.parametrize(
    ("means", "code", "words"),
    [
        *((Refusal.BUSY, *each) for each in BUSY),
        *((Refusal.TOO_MUCH, *each) for each in TOO_MUCH),
        *((Refusal.UNSUPPORTED, *each) for each in NOT_OFFERED),
        *((Refusal.OTHER, *each) for each in OTHER),
    ],
)
def test_a_refusal_is_taken_for_what_it_means(means: Refusal, code: int, words: str) -> None:
    assert refusal_of(code, words) is means
