"""A small world of parties and keys around freshly deployed contracts, spoken to over a real node."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_abi.abi import decode
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, Hash32
from eth_utils.crypto import keccak
from web3 import Web3
from web3.contract import Contract
from web3.logs import DISCARD
from web3.types import RPCEndpoint

from scanner.device import joining
from scanner.device.signing import Domain

BINDINGS = Path(__file__).resolve().parents[2] / "ledger_indexer" / "bindings" / "abi"
NOTHING = bytes(32)
GAS = 90_000_000

BRAND, PRODUCER, WAREHOUSE, DEALER, STORE, INSPECTOR = 1, 2, 4, 8, 16, 32
ACTIVE, SUSPENDED, REVOKED = 1, 2, 3
NOTICE = 2 * 86_400

TYPES = {
    "Capture": [
        {"name": "evidence", "type": "bytes32"},
        {"name": "batch", "type": "bytes32"},
        {"name": "step", "type": "uint8"},
        {"name": "quantity", "type": "uint128"},
        {"name": "counterparty", "type": "bytes32"},
        {"name": "location", "type": "bytes32"},
        {"name": "time", "type": "uint64"},
        {"name": "units", "type": "bytes32"},
        {"name": "ref", "type": "bytes32"},
        {"name": "voids", "type": "bytes32"},
        {"name": "inputs", "type": "Input[]"},
    ],
    "Input": [{"name": "batch", "type": "bytes32"}, {"name": "quantity", "type": "uint128"}],
}


class Step(IntEnum):
    """As the contract numbers them."""

    NONE = 0
    HARVEST = 1
    FERMENT = 2
    DISTIL = 3
    AGE = 4
    BLEND = 5
    BOTTLE = 6
    INSPECT = 7
    COMMISSION = 8
    SHIP = 9
    RECEIVE = 10
    RETURN = 11
    SELL = 12
    WRITE_OFF = 13
    RECALL = 14
    LIFT = 15


def named(text: str) -> bytes:
    """A 32-byte id for a readable name."""
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class Key:
    """A device key: how the ledger knows it, and how it signs a 32-byte digest."""

    signer: bytes
    sign: Callable[[bytes], bytes]

    @property
    def address(self) -> ChecksumAddress:
        """A 20-byte signer as web3 wants it."""
        return Web3.to_checksum_address(self.signer)


@dataclass(frozen=True)
class Member:
    """An enrolled party with its first device."""

    id: bytes
    key: Key


@dataclass(frozen=True)
class Said:
    """A capture and who says it; `evidence` names it afterwards."""

    capture: dict[str, Any]
    key: Key

    @property
    def evidence(self) -> bytes:
        """The capture's id."""
        return bytes(self.capture["evidence"])


@dataclass(frozen=True)
class Answer:
    """What became of captures: ids recorded, and refusals by id as (name of the error, its values)."""

    recorded: list[bytes] = field(default_factory=list)
    refused: dict[bytes, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)
    gas: int = 0

    @property
    def reason(self) -> str:
        """Name of the only refusal."""
        assert len(self.refused) == 1, self
        return next(iter(self.refused.values()))[0]


def account_key(seed: str) -> Key:
    """A secp256k1 key, as a server or a hardware reader holds."""
    account: LocalAccount = Account.from_key(named(seed))
    return Key(
        bytes.fromhex(account.address[2:]), lambda digest: bytes(account.unsafe_sign_hash(Hash32(digest)).signature)
    )


def browser_key(verifier: str, seed: str) -> Key:
    """A P-256 key as WebCrypto holds: it signs the SHA-256 of what it is given, and does not choose the lower s."""
    private = ec.derive_private_key(int.from_bytes(named(seed)) >> 1, ec.SECP256R1())
    public = private.public_key().public_numbers()
    signer = bytes.fromhex(verifier[2:]) + public.x.to_bytes(32) + public.y.to_bytes(32)

    def sign(digest: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(digest, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return Key(signer, sign)


class World:
    """Deployed contracts, with the node's first accounts in the roles of access."""

    def __init__(self, w3: Web3) -> None:
        self.w3 = w3
        accounts: list[ChecksumAddress] = list(w3.eth.accounts)
        self.admin, self.enroller, self.sanctioner, self.publisher, self.relayer = accounts[:5]
        self.manager = self.deploy("AccessManager", self.admin)
        self.participants = self.deploy("Participants", self.manager.address, NOTICE)
        self.ledger = self.deploy("BatchLedger", self.participants.address)
        self.log = self.deploy("EvidenceLog", self.manager.address)
        self.verifier = self.deploy("P256Sha256Verifier")
        self._grant(1, self.enroller, self.participants, "enrolParty", "invite", "propose", "revokeDevice")
        self._grant(2, self.sanctioner, self.participants, "setStanding")
        self._grant(3, self.publisher, self.log, "append")
        self._errors = _errors_of(self.ledger) | _errors_of(self.participants) | _errors_of(self.log)
        self._count = itertools.count(1)

    def deploy(self, name: str, *arguments: Any) -> Contract:
        """Deploy a contract of the bindings."""
        binding = json.loads((BINDINGS / f"{name}.json").read_text())
        factory = self.w3.eth.contract(abi=binding["abi"], bytecode=binding["bytecode"])
        sent = factory.constructor(*arguments).transact({"from": self.admin})
        address = self.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        return cast(Contract, self.w3.eth.contract(address=address, abi=binding["abi"]))

    def _grant(self, role: int, account: str, contract: Contract, *functions: str) -> None:
        selectors = [keccak(text=contract.get_function_by_name(name).signature)[:4] for name in functions]
        manage = self.manager.functions
        self.send(manage.setTargetFunctionRole(contract.address, selectors, role), self.admin)
        self.send(manage.grantRole(role, account, 0), self.admin)

    def send(self, call: Any, sender: str) -> Any:
        """Send and wait; a revert is raised by name, see `refusal`."""
        return self.w3.eth.wait_for_transaction_receipt(call.transact({"from": sender, "gas": GAS}))

    def ask(self, method: str, *arguments: Any) -> Any:
        """The node's whole answer to a request of its own kind."""
        return self.w3.provider.make_request(RPCEndpoint(method), list(arguments))

    def refusal(self, call: Any, sender: str) -> str:
        """The name of the error with which a call would revert."""
        request = {"from": sender, "to": call.address, "data": call._encode_transaction_data()}
        answer: Any = self.ask("eth_call", request, "latest")
        return self.error(bytes.fromhex(answer["error"]["data"][2:]))[0]

    def error(self, data: bytes) -> tuple[str, tuple[Any, ...]]:
        """An ABI-encoded custom error as name and values."""
        name, types = self._errors[data[:4]]
        return name, tuple(decode(types, data[4:]))

    # Who takes part

    def enrol(self, name: str, roles: int, key: Key | None = None) -> Member:
        """A party with one device."""
        member = Member(named(name), key or account_key(name))
        enrol = self.participants.functions
        self.send(enrol.enrolParty(member.id, roles, named("territory")), self.enroller)
        code = account_key(f"code of {name}")
        self.send(enrol.invite(member.id, code.address), self.enroller)
        self.send(self.redeem(member.id, member.key, code), self.relayer)
        return member

    def join(self, party: bytes, key: Key, by: bytes) -> bytes:
        """What is signed when a key joins a party."""
        statement = joining.Statement(party, keccak(key.signer), by)
        return statement.join(Domain(self.w3.eth.chain_id, bytes.fromhex(self.participants.address[2:])))

    def redeem(self, party: bytes, key: Key, code: Key) -> Any:
        """The call by which a party's first key joins."""
        said = self.join(party, key, joining.by_invitation(code.signer))
        return self.participants.functions.redeem(party, key.signer, key.sign(said), code.sign(said))

    def admit(self, party: bytes, key: Key, by: Key) -> Any:
        """The call by which a device admits another key."""
        said = self.join(party, key, keccak(by.signer))
        return self.participants.functions.admit(key.signer, key.sign(said), by.signer, by.sign(said))

    def set_standing(self, member: Member, standing: int) -> None:
        """Sanction a party."""
        self.send(self.participants.functions.setStanding(member.id, standing), self.sanctioner)

    # What they say

    def says(
        self, member: Member, step: Step, batch: bytes, quantity: int = 0, *, evidence: bytes | None = None, **more: Any
    ) -> Said:
        """A capture by a member; its evidence is new unless given."""
        capture = {
            "evidence": evidence or named(f"evidence {next(self._count)}"),
            "batch": batch,
            "step": int(step),
            "quantity": quantity,
            "counterparty": NOTHING,
            "location": NOTHING,
            "time": self.now() - 60,
            "units": NOTHING,
            "ref": NOTHING,
            "voids": NOTHING,
            "inputs": [],
        }
        return Said(capture | more, member.key)

    def voids(self, said: Said, *, by: Key | None = None, **other: Any) -> Said:
        """The declaration that a capture did not happen: the same again, under an evidence of its own."""
        named_anew = {"evidence": named(f"evidence {next(self._count)}"), "voids": said.evidence}
        return Said(said.capture | named_anew | other, by or said.key)

    def now(self) -> int:
        """Seconds of the newest block."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def digest(self, said: Said) -> bytes:
        """What a device signs."""
        domain = {
            "name": "Jiulian BatchLedger",
            "version": "1",
            "chainId": self.w3.eth.chain_id,
            "verifyingContract": self.ledger.address,
        }
        return bytes(_hash_eip191_message(encode_typed_data(domain, TYPES, said.capture)))

    def signed(self, said: Said, *, by: Key | None = None, signature: bytes | None = None) -> tuple[Any, ...]:
        """A capture as the ledger takes it."""
        capture = said.capture
        inputs = [(item["batch"], item["quantity"]) for item in capture["inputs"]]
        values = (*(capture[entry["name"]] for entry in TYPES["Capture"][:-1]), inputs)
        return values, (by or said.key).signer, signature or said.key.sign(self.digest(said))

    def record(self, *said: Said) -> Answer:
        """Relay captures in one transaction."""
        return self.relay(self.signed(one) for one in said)

    def relay(self, signed: Iterable[tuple[Any, ...]]) -> Answer:
        """Relay signed captures in one transaction."""
        receipt = self.send(self.ledger.functions.record(list(signed)), self.relayer)
        assert receipt["status"] == 1, receipt
        captured = self.ledger.events.Captured().process_receipt(receipt, errors=DISCARD)
        voided = self.ledger.events.CaptureVoided().process_receipt(receipt, errors=DISCARD)
        recorded = sorted([*captured, *voided], key=lambda log: int(log["logIndex"]))
        refused = self.ledger.events.CaptureRefused().process_receipt(receipt, errors=DISCARD)
        return Answer(
            [bytes(log["args"]["evidence"]) for log in recorded],
            {bytes(log["args"]["evidence"]): self.error(bytes(log["args"]["reason"])) for log in refused},
            int(receipt["gasUsed"]),
        )

    # What the ledger says

    def voided(self, evidence: bytes) -> bool:
        """Whether a declaration has voided what this evidence recorded."""
        return bool(self.ledger.functions.voided(evidence).call())

    def held(self, batch: bytes, member: Member) -> int:
        """Quantity of a batch a member holds."""
        return int(self.ledger.functions.held(batch, member.id).call())

    def totals(self, batch: bytes) -> dict[str, int]:
        """born, held, inTransit, sold, lost, consumed."""
        names = ("born", "held", "inTransit", "sold", "lost", "consumed")
        return dict(zip(names, self.ledger.functions.totals(batch).call(), strict=True))

    def open(self, consignment: bytes) -> int:
        """What of a consignment is still under way."""
        return int(self.ledger.functions.consignment(consignment).call()[3])


def _errors_of(contract: Contract) -> dict[bytes, tuple[str, list[str]]]:
    errors = {}
    for entry in contract.abi:
        if entry["type"] == "error":
            types = [str(item["type"]) for item in entry["inputs"]]
            errors[keccak(text=f"{entry['name']}({','.join(types)})")[:4]] = (entry["name"], types)
    return errors
