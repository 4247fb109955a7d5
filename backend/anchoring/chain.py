"""The relayer's edge: the one module of the backend that talks to a node."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep
from typing import Any, TypeVar

import rlp
from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_typing import HexStr
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import TransactionNotFound, Web3Exception, Web3RPCError
from web3.types import RPCEndpoint

from backend.anchoring.rules import Call, Delivery, Fee, Quote, Signed
from backend.errors import JiulianError, Unavailable
from ledger_indexer.bindings.abi import contract
from ledger_indexer.bindings.deployments import Deployment, code_hash

FINALITY_DEPTH = 2
SANCTION_DELAY = timedelta(hours=24)
"""How long a change of standing waits on chain, where the deployment does not say otherwise."""
ENROLLER, SANCTIONER, PUBLISHER = 1, 2, 3
"""Roles of the AccessManager: who enrols, who sanctions, who publishes heads."""
_DUTIES = {
    ENROLLER: ("participants", ("enrolParty", "enrolDevice", "revokeDevice")),
    SANCTIONER: ("participants", ("setStanding",)),
    PUBLISHER: ("evidence_log", ("append",)),
}
CREATE2_FACTORY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""The deterministic deployer: what it deploys has the same address on every chain."""
_KNOWN = ("already known", "already imported", "known transaction", "already exists")
_SPENT = ("nonce too low", "nonce is too low", "nonce already", "invalid nonce; got")
_LOW = ("underpriced", "fee too low", "max fee per gas less than block base fee")
_TIMEOUT_S = 15.0
_PATIENCE_S = 120.0
_GAS_CREATE, _GAS_SETUP = 6_000_000, 300_000

_T = TypeVar("_T")


class SameKey(JiulianError):
    """Whoever enrols must not sanction: name another account as sanctioner."""


class DeploymentFailed(JiulianError):
    """A transaction of the deployment reverted."""


def p256_verifier() -> bytes:
    """Address of the verifier of WebCrypto keys, the same on every chain (CREATE2, salt 0)."""
    code = bytes.fromhex(contract("P256Sha256Verifier").bytecode.removeprefix("0x"))
    return keccak(b"\xff" + CREATE2_FACTORY + bytes(32) + keccak(code))[12:]


def _connect(rpc: str) -> Web3:
    return Web3(HTTPProvider(rpc, request_kwargs={"timeout": _TIMEOUT_S}, exception_retry_configuration=None))


class Chain:
    """One relayer at one node."""

    def __init__(self, rpc: str, key: bytes | str) -> None:
        """`key` is the relayer's private key: 32 bytes, or hex."""
        self._web3 = _connect(rpc)
        self._account: LocalAccount = Account.from_key(key)
        self._rpc = rpc
        self._id: int | None = None

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
            self._id = self._ask(lambda: self._web3.eth.chain_id)
        return self._id

    def quote(self) -> Quote:
        """What the chain says now. Raises Unavailable."""
        block: Any = self._ask(lambda: self._web3.eth.get_block("latest"))
        base = int(block.get("baseFeePerGas") or 0)
        tip = int(self._ask(lambda: self._web3.eth.max_priority_fee))
        # Twice the base fee outlasts six full blocks before the transaction must be signed again.
        return Quote(self.confirmed_nonce(), Fee(2 * base + tip, tip), block["gasLimit"])

    def confirmed_nonce(self) -> int:
        """The relayer's first nonce that no block has used. Raises Unavailable."""
        return self._ask(lambda: self._web3.eth.get_transaction_count(self._account.address, "latest"))

    def sign(self, call: Call, nonce: int, fee: Fee) -> Signed:
        """A call as a signed transaction; without an address it creates a contract."""
        transaction: dict[str, Any] = {
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": call.gas,
            "value": 0,
            "data": call.data,
            "maxFeePerGas": fee.most,
            "maxPriorityFeePerGas": fee.tip,
            "type": 2,
        }
        if call.to:
            transaction["to"] = Web3.to_checksum_address(call.to)
        signed = self._account.sign_transaction(transaction)
        return Signed(bytes(signed.raw_transaction), bytes(signed.hash))

    def send(self, raw: bytes) -> Delivery:
        """Hand a transaction to the node; the same again is no harm.

        Raises:
            Unavailable: the node does not answer, or has no room for it now.
        """
        try:
            self._web3.manager.request_blocking(RPCEndpoint("eth_sendRawTransaction"), ["0x" + raw.hex()])
        except Web3RPCError as error:
            said = str(error).lower()
            for words, delivery in ((_KNOWN, Delivery.TAKEN), (_SPENT, Delivery.SPENT), (_LOW, Delivery.UNDERPRICED)):
                if any(word in said for word in words):
                    return delivery
            raise Unavailable(f"the node refuses a transaction: {_sentence(error)}") from error
        except (RequestException, Web3Exception) as error:
            raise self._away(error) from error
        return Delivery.TAKEN

    def outcome(self, tx_hash: bytes) -> bool | None:
        """Whether a mined transaction went well; None when no block has it. Raises Unavailable."""
        try:
            receipt = self._ask(lambda: self._web3.eth.get_transaction_receipt(HexStr("0x" + tx_hash.hex())))
        except TransactionNotFound:
            return None
        return bool(receipt["status"])

    def block_of(self, tx_hash: bytes) -> int:
        """Number of the block that holds a mined transaction. Raises Unavailable."""
        return int(
            self._ask(lambda: self._web3.eth.get_transaction_receipt(HexStr("0x" + tx_hash.hex())))["blockNumber"]
        )

    def code_of(self, address: bytes) -> bytes:
        """Runtime code at an address. Raises Unavailable."""
        return bytes(self._ask(lambda: self._web3.eth.get_code(Web3.to_checksum_address(address))))

    def _ask(self, question: Callable[[], _T]) -> _T:
        try:
            return question()
        except TransactionNotFound:
            raise
        except (RequestException, Web3Exception) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> Unavailable:
        return Unavailable(f"the chain node {self._rpc} does not answer: {_sentence(error)}")


def _sentence(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def deploy(
    rpc: str,
    key: bytes | str,
    *,
    sanctioner: bytes,
    sanction_delay: timedelta = SANCTION_DELAY,
    finality_depth: int = FINALITY_DEPTH,
) -> Deployment:
    """Deploy a brand's set of contracts; waits until all of it is mined.

    The relayer of `key` enrols, revokes devices and publishes heads. Standings are changed by another account alone:
    `sanctioner` (20 bytes), whose word carries `sanction_delay` on chain. Duties may be granted to other keys
    afterwards by the AccessManager's administrator, which is the relayer until it hands that over.

    Raises:
        SameKey: the sanctioner is the relayer itself.
        Unavailable: the node does not answer or mines nothing.
        DeploymentFailed: a transaction reverted.
    """
    chain = Chain(rpc, key)
    if sanctioner == chain.relayer:
        raise SameKey(account="0x" + sanctioner.hex())
    holders = {ENROLLER: (chain.relayer, 0), PUBLISHER: (chain.relayer, 0)}
    holders[SANCTIONER] = (sanctioner, int(sanction_delay.total_seconds()))
    quote = chain.quote()
    first = quote.nonce
    addresses = {name: _created_by(chain.relayer, first + at) for at, name in enumerate(_CREATED)}
    calls = [
        *(_creation(name, argument(addresses, chain.relayer)) for name, argument in _CREATED.items()),
        *_duties(addresses, holders),
    ]
    if not chain.code_of(p256_verifier()) and chain.code_of(CREATE2_FACTORY):
        code = bytes.fromhex(contract("P256Sha256Verifier").bytecode.removeprefix("0x"))
        calls.append(Call(CREATE2_FACTORY, bytes(32) + code, _GAS_CREATE))
    signed = [chain.sign(call, first + at, quote.fee) for at, call in enumerate(calls)]
    for each in signed:
        chain.send(each.raw)
    for each in signed:
        _await(chain, each.hash)
    at = {name: "0x" + address.hex() for name, address in addresses.items()}
    return Deployment(
        chain_id=chain.chain_id,
        access_manager=at["AccessManager"],
        participants=at["Participants"],
        batch_ledger=at["BatchLedger"],
        evidence_log=at["EvidenceLog"],
        block=chain.block_of(signed[0].hash),
        finality_depth=finality_depth,
        code_hashes={_FIELDS[name]: code_hash(chain.code_of(address)) for name, address in addresses.items()},
        sanctioner="0x" + sanctioner.hex(),
        sanction_delay_s=holders[SANCTIONER][1],
    )


_Addresses = dict[str, bytes]
_CREATED: dict[str, Callable[[_Addresses, bytes], bytes]] = {
    "AccessManager": lambda _, relayer: relayer,
    "Participants": lambda addresses, _: addresses["AccessManager"],
    "BatchLedger": lambda addresses, _: addresses["Participants"],
    "EvidenceLog": lambda addresses, _: addresses["AccessManager"],
}
"""Contracts in the order of their creation, and the one argument of each."""
_FIELDS = {
    "AccessManager": "access_manager",
    "Participants": "participants",
    "BatchLedger": "batch_ledger",
    "EvidenceLog": "evidence_log",
}


def _created_by(sender: bytes, nonce: int) -> bytes:
    return keccak(rlp.encode([sender, nonce]))[12:]


def _creation(name: str, argument: bytes) -> Call:
    code = bytes.fromhex(contract(name).bytecode.removeprefix("0x"))
    return Call(b"", code + argument.rjust(32, b"\0"), _GAS_CREATE)


def _duties(addresses: _Addresses, holders: dict[int, tuple[bytes, int]]) -> list[Call]:
    """Which role may call what, and who has it with which delay in seconds."""
    manager = addresses["AccessManager"]
    calls = []
    for role, (field, functions) in _DUTIES.items():
        name = next(name for name, known in _FIELDS.items() if known == field)
        selectors = [_selector(name, function) for function in functions]
        values = ("0x" + addresses[name].hex(), selectors, role)
        calls.append(_setup(manager, "setTargetFunctionRole", ("address", "bytes4[]", "uint64"), values))
        holder, delay = holders[role]
        granted = (role, "0x" + holder.hex(), delay)
        calls.append(_setup(manager, "grantRole", ("uint64", "address", "uint32"), granted))
    return calls


def _setup(to: bytes, function: str, types: tuple[str, ...], values: tuple[Any, ...]) -> Call:
    selector = keccak(f"{function}({','.join(types)})".encode())[:4]
    return Call(to, selector + encode(types, values), _GAS_SETUP)


def _selector(name: str, function: str) -> bytes:
    entry = next(e for e in contract(name).abi if e["type"] == "function" and e["name"] == function)
    return keccak(f"{function}({','.join(i['type'] for i in entry['inputs'])})".encode())[:4]


def _await(chain: Chain, tx_hash: bytes) -> None:
    deadline = monotonic() + _PATIENCE_S
    while (outcome := chain.outcome(tx_hash)) is None:
        if monotonic() > deadline:
            raise Unavailable(f"transaction 0x{tx_hash.hex()} is in no block after {_PATIENCE_S:.0f} s")
        sleep(0.05)
    if not outcome:
        raise DeploymentFailed(transaction="0x" + tx_hash.hex())
