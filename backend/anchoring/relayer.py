"""The relayer's edge: the one module of the backend that talks to a node."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import rlp
from eth_hash.auto import keccak

from backend.anchoring.rules import Call, Delivery, Fee, Quote, Signed
from backend.anchoring.wordings import delivery_of
from backend.errors import Unavailable
from ledger_indexer.blocks.forms import quantity
from ledger_indexer.errors import IndexerError, NodeUnavailable, Unsupported
from ledger_indexer.errors import Refused as RpcRefused
from ledger_indexer.fetching.client import Node

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_account.types import TransactionDictType

_TIMEOUT_S = 15.0
_GAS_MOST = 2**24
"""Gas that one transaction may ask for (EIP-7825), however much a block holds."""

_T = TypeVar("_T")


@cache
def _node_at(rpc: str, patience_s: float = 0.0) -> Node:
    """One door for all lanes to a node: what it refuses one of them, and how long it wants rest, counts for all."""
    return Node(rpc, timeout_s=_TIMEOUT_S, patience_s=patience_s)


class Chain:
    """One relayer at one node."""

    def __init__(self, rpc: str, key: bytes | str, *, patience_s: float = 0.0) -> None:
        """`key` is the relayer's private key: 32 bytes, or hex. `patience_s`: how long a busy node is waited for."""
        from eth_account import Account  # half a second to load: only who sends pays for it

        self._node = _node_at(rpc, patience_s)
        self._account: LocalAccount = Account.from_key(key)
        self._rpc = rpc
        self._id: int | None = None
        self._has_base_fee: bool | None = None

    @property
    def relayer(self) -> bytes:
        """Address of the relayer."""
        return bytes.fromhex(self._account.address[2:])

    @property
    def chain_id(self) -> int:
        """Chain id, asked once.

        Raises:
            Unavailable: the node does not answer.
        """
        if self._id is None:
            self._id = self._ask(self._node.chain_id)
        return self._id

    def quote(self) -> Quote:
        """What the chain says now. Raises Unavailable."""
        block = self._newest()
        fee = self._fee(quantity(block.get("baseFeePerGas") or 0))
        return Quote(self.confirmed_nonce(), fee, min(quantity(block.get("gasLimit") or 0), 2 * _GAS_MOST))

    def _newest(self) -> Mapping[str, object]:
        """The newest block's header, of which only what is needed is read: chains write there what they like."""
        block = self._ask(lambda: self._node.block("latest"))
        if block is None:
            raise Unavailable(f"the chain node {self._rpc} has no newest block")
        self._has_base_fee = block.get("baseFeePerGas") is not None
        return block

    def _fee(self, base: int) -> Fee:
        if not self._has_base_fee:  # before EIP-1559 there is one price
            price = self._ask(lambda: self._node.number("eth_gasPrice"))
            return Fee(price, price)
        try:
            tip = self._ask(lambda: self._node.number("eth_maxPriorityFeePerGas"), RpcRefused)
        except RpcRefused:
            tip = max(0, self._ask(lambda: self._node.number("eth_gasPrice")) - base)
        # Twice the base fee outlasts six full blocks before the transaction must be signed again.
        return Fee(2 * base + tip, tip)

    def confirmed_nonce(self) -> int:
        """The relayer's first nonce that no block has used. Raises Unavailable."""
        return self._nonce("latest")

    def _nonce(self, block: str) -> int:
        return self._ask(lambda: self._node.number("eth_getTransactionCount", self._account.address, block))

    def sign(self, call: Call, nonce: int, fee: Fee) -> Signed:
        """A call as a signed transaction; without an address it creates a contract. Raises Unavailable."""
        if self._has_base_fee is None:
            self._newest()
        price = {"maxFeePerGas": fee.most, "maxPriorityFeePerGas": fee.tip, "type": 2}
        transaction: TransactionDictType = {
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": call.gas,
            "value": 0,
            "data": call.data,
            **(price if self._has_base_fee else {"gasPrice": fee.most}),
        }
        if call.to:
            transaction["to"] = call.to
        signed = self._account.sign_transaction(transaction)
        return Signed(bytes(signed.raw_transaction), bytes(signed.hash))

    def send(self, raw: bytes) -> Delivery:
        """Hand a transaction to the node; the same again is no harm.

        A refusal in words that tell nothing is looked into: the node is asked for the transaction and the nonce.

        Raises:
            Unavailable: the node does not answer, or has no room for it now; the message holds the node's words.
        """
        try:
            self._ask(lambda: self._node.call("eth_sendRawTransaction", "0x" + raw.hex()), RpcRefused)
        except RpcRefused as refusal:
            found = delivery_of(refusal.words) or self._looked_up(raw)
            if found is None:
                raise Unavailable(f"the node refuses a transaction: {_sentence(refusal)}") from refusal
            return found
        return Delivery.TAKEN

    def _looked_up(self, raw: bytes) -> Delivery | None:
        """What became of a transaction, by the node's books instead of its words; None when it knows nothing of it."""
        if self._has(keccak(raw)):
            return Delivery.TAKEN
        nonce = _nonce_of(raw)
        if nonce is None:
            return None
        if self.confirmed_nonce() > nonce:
            return Delivery.SPENT
        return Delivery.UNDERPRICED if self._nonce("pending") > nonce else None

    def _has(self, tx_hash: bytes) -> bool:
        """Whether the node knows a transaction, in a block or not."""
        try:
            return bool(self._ask(lambda: self._node.call("eth_getTransactionByHash", _hex(tx_hash)), RpcRefused))
        except RpcRefused:
            return False

    def outcome(self, tx_hash: bytes) -> bool | None:
        """Whether a mined transaction went well; None when no block has it. Raises Unavailable."""
        receipt = self._receipt(tx_hash)
        return None if receipt is None else bool(quantity(receipt.get("status") or 0))

    def block_of(self, tx_hash: bytes) -> int:
        """Number of the block that holds a mined transaction. Raises Unavailable."""
        receipt = self._receipt(tx_hash)
        if receipt is None:
            raise Unavailable(f"the chain node {self._rpc} has no receipt of {_hex(tx_hash)}")
        return quantity(receipt["blockNumber"])

    def _receipt(self, tx_hash: bytes) -> Mapping[str, object] | None:
        """A receipt, once a block has the transaction. Some nodes call it an error when they have none (yet)."""
        try:
            found: object = self._ask(lambda: self._node.call("eth_getTransactionReceipt", _hex(tx_hash)), RpcRefused)
        except RpcRefused as refusal:
            if isinstance(refusal, Unsupported):
                raise self._away(refusal) from refusal
            return None
        return found if isinstance(found, dict) and found.get("blockNumber") is not None else None

    def code_of(self, address: bytes) -> bytes:
        """Runtime code at an address. Raises Unavailable."""
        return self._ask(lambda: self._node.code(_hex(address)))

    def _ask(self, question: Callable[[], _T], *passed: type[Exception]) -> _T:
        try:
            return question()
        except passed:
            raise
        except IndexerError as error:
            raise self._away(error) from error

    def _away(self, error: IndexerError) -> Unavailable:
        rest = error.retry_after_s if isinstance(error, NodeUnavailable) else 0.0
        return Unavailable(f"the chain node {self._rpc} does not answer: {_sentence(error)}", retry_after_s=rest)


def _nonce_of(raw: bytes) -> int | None:
    """The nonce of a signed transaction, of whatever type (EIP-2718); None when it cannot be read."""
    typed = bool(raw) and raw[0] < 0x80
    try:
        fields = rlp.decode(raw[1:] if typed else raw)
        return int.from_bytes(fields[1 if typed else 0], "big")
    except (rlp.exceptions.RLPException, IndexError, TypeError):
        return None


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _sentence(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
