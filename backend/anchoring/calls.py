"""Calls of our contracts as bytes, and the contract's reasons as words. Pure."""

from functools import lru_cache

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from backend.anchoring.rules import GAS_ENROL, GAS_HEAD, GAS_JOIN, Call, SignedCapture, gas_of
from backend.identity.rules import Standing
from ledger_indexer.bindings.abi import contract
from ledger_indexer.bindings.deployments import Deployment

_CAPTURE = "(bytes32,bytes32,uint8,uint128,bytes32,bytes32,uint64,bytes32,bytes32,bytes32,(bytes32,uint128)[])"
_SIGNED = f"({_CAPTURE},bytes,bytes)"
STANDINGS = {Standing.ACTIVE: 1, Standing.SUSPENDED: 2, Standing.REVOKED: 3}


def _call(to: str, name: str, types: tuple[str, ...], values: tuple[object, ...], gas: int) -> Call:
    selector = keccak(f"{name}({','.join(types)})".encode())[:4]
    return Call(bytes.fromhex(to[2:]), selector + encode(types, values), gas)


def record(deployment: Deployment, captures: list[SignedCapture]) -> Call:
    """Put captures before the ledger, in order."""
    values = [
        (
            (
                each.capture.evidence,
                each.capture.batch,
                int(each.capture.step),
                each.capture.quantity,
                each.capture.counterparty,
                each.capture.location,
                each.capture.time,
                each.capture.units,
                each.capture.ref,
                each.capture.voids,
                [(used.batch, used.quantity) for used in each.capture.inputs],
            ),
            each.signer,
            each.signature,
        )
        for each in captures
    ]
    return _call(deployment.batch_ledger, "record", (_SIGNED + "[]",), (values,), gas_of(captures))


def append(deployment: Deployment, log: bytes, size: int, root: bytes, consistency: list[bytes]) -> Call:
    """Offer the next head of a log."""
    types = ("bytes32", "uint64", "bytes32", "bytes32[]")
    return _call(deployment.evidence_log, "append", types, (log, size, root, consistency), GAS_HEAD)


def enrol_party(deployment: Deployment, party: bytes, roles: int, territory: bytes) -> Call:
    """Enrol a party; its roles and territory are said once."""
    types = ("bytes32", "uint8", "bytes32")
    return _call(deployment.participants, "enrolParty", types, (party, roles, territory), GAS_ENROL)


def invite(deployment: Deployment, party: bytes, invitation: bytes) -> Call:
    """Open an invitation for a party without devices."""
    values = (party, "0x" + invitation.hex())
    return _call(deployment.participants, "invite", ("bytes32", "address"), values, GAS_ENROL)


def redeem(deployment: Deployment, party: bytes, signer: bytes, possession: bytes, signature: bytes) -> Call:
    """Redeem a party's invitation with its first key."""
    types = ("bytes32", "bytes", "bytes", "bytes")
    return _call(deployment.participants, "redeem", types, (party, signer, possession, signature), GAS_JOIN)


def admit(deployment: Deployment, signer: bytes, possession: bytes, by: bytes, signature: bytes) -> Call:
    """Let a device admit a key to its party."""
    types = ("bytes", "bytes", "bytes", "bytes")
    return _call(deployment.participants, "admit", types, (signer, possession, by, signature), GAS_JOIN)


def propose(deployment: Deployment, party: bytes, signer: bytes, possession: bytes) -> Call:
    """Propose a key to a party, with notice."""
    types = ("bytes32", "bytes", "bytes")
    return _call(deployment.participants, "propose", types, (party, signer, possession), GAS_JOIN)


def revoke(deployment: Deployment, signer: bytes, by: bytes, signature: bytes) -> Call:
    """Silence a key for ever, on the word of a device of its party."""
    return _call(deployment.participants, "revoke", ("bytes", "bytes", "bytes"), (signer, by, signature), GAS_JOIN)


def revoke_device(deployment: Deployment, signer: bytes) -> Call:
    """Silence a key for ever, on the brand's word."""
    return _call(deployment.participants, "revokeDevice", ("bytes",), (signer,), GAS_ENROL)


def set_standing(deployment: Deployment, party: bytes, standing: Standing) -> Call:
    """Suspend, revoke or re-activate a party."""
    values = (party, STANDINGS[standing])
    return _call(deployment.participants, "setStanding", ("bytes32", "uint8"), values, GAS_ENROL)


def schedule_standing(deployment: Deployment, party: bytes, standing: Standing) -> Call:
    """Announce a change of standing to the AccessManager; it may be made when the sanctioner's delay has passed."""
    to, types = deployment.access_manager, ("address", "bytes", "uint48")
    values = (deployment.participants, set_standing(deployment, party, standing).data, 0)
    return _call(to, "schedule", types, values, GAS_ENROL)


def cancel_standing(deployment: Deployment, sanctioner: bytes, party: bytes, standing: Standing) -> Call:
    """Take the announcement of a change of standing back."""
    to, types = deployment.access_manager, ("address", "address", "bytes")
    values = ("0x" + sanctioner.hex(), deployment.participants, set_standing(deployment, party, standing).data)
    return _call(to, "cancel", types, values, GAS_ENROL)


def refusal_of(reason: bytes) -> dict[str, object]:
    """The contract's reason in words: `kind` is the error's name, the rest its values. Unknown bytes stay hex."""
    found = _errors().get(reason[:4])
    if found is None:
        return {"kind": "Unknown", "reason": "0x" + reason.hex()}
    name, inputs = found
    try:
        values = decode([kind for _, kind in inputs], reason[4:])
    except DecodingError:
        return {"kind": name, "reason": "0x" + reason.hex()}
    return {"kind": name} | {key: _plain(value) for (key, _), value in zip(inputs, values, strict=True)}


def _plain(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value) if isinstance(value, int) else value


@lru_cache
def _errors() -> dict[bytes, tuple[str, list[tuple[str, str]]]]:
    errors = {}
    for entry in contract("BatchLedger").abi:
        if entry["type"] == "error":
            inputs = [(each["name"], each["type"]) for each in entry["inputs"]]
            selector = keccak(f"{entry['name']}({','.join(kind for _, kind in inputs)})".encode())[:4]
            errors[selector] = (entry["name"], inputs)
    return errors
