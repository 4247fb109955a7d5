"""Nodes' words for refusing a transaction; what they do not tell is left to the node's books."""

import pytest

from backend.anchoring.rules import Delivery
from backend.anchoring.wordings import delivery_of

TAKEN = [
    "already known",
    "ALREADY_EXISTS: already known",
    "known transaction: 0xab",
    "Transaction with the same hash was already imported.",
    "tx already exists in cache",
    "TRANSACTION_ALREADY_KNOWN",
    "INTERNAL_ERROR: existing tx with same hash",
    "transaction is already in the tx pool",
]
SPENT = [
    "nonce too low: next nonce 5, tx nonce 3",
    "Transaction nonce is too low. Try incrementing the nonce.",
    "OldNonce, Current nonce: 5",
    "TransactionNonceTooLow",
    "invalid nonce; got 3, expected 5",
    "the nonce was already used",
]
UNDERPRICED = [
    "replacement transaction underpriced",
    "FeeTooLow, EffectivePriorityFeePerGas too low 1 < 2",
    "FeeTooLowToCompete",
    "could not replace existing tx",
    "TRANSACTION_REPLACEMENT_UNDERPRICED",
    "GAS_PRICE_TOO_LOW",
    "max fee per gas less than block base fee: address 0x12",
    "tx fee cap is too low",
    "maxFeePerGas is below minimum gas price",
]
UNTOLD = [
    "insufficient funds for gas * price + value",
    "insufficient balance for transaction fee",
    "Upfront cost exceeds account balance",
    "nonce too high",
    "NonceGap",
    "exceeds block gas limit",
    "gas limit reached",
    "txpool is full",
    "rejected (E17)",
]


@pytest.mark.parametrize(
    ("words", "delivery"),
    [
        *((words, Delivery.TAKEN) for words in TAKEN),
        *((words, Delivery.SPENT) for words in SPENT),
        *((words, Delivery.UNDERPRICED) for words in UNDERPRICED),
        *((words, None) for words in UNTOLD),
    ],
)
def test_words_are_taken_for_what_they_mean(words: str, delivery: Delivery | None) -> None:
    assert delivery_of(words) is delivery
