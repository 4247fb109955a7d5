from eth_abi.abi import encode
from eth_hash.auto import keccak

from backend.anchoring import calls
from backend.anchoring.rules import SignedCapture
from ledger_indexer.bindings.abi import contract
from ledger_indexer.bindings.deployments import Deployment
from scanner.device.capture import Capture

DEPLOYMENT = Deployment(1, *("0x" + f"{n:040x}" for n in range(1, 5)), block=0, finality_depth=0)


def selectors(name: str) -> dict[bytes, str]:
    def kind(entry: dict) -> str:  # type: ignore[type-arg]
        if not entry["type"].startswith("tuple"):
            return str(entry["type"])
        return "(" + ",".join(kind(each) for each in entry["components"]) + ")" + entry["type"].removeprefix("tuple")

    functions = [entry for entry in contract(name).abi if entry["type"] == "function"]
    return {keccak(f"{f['name']}({','.join(kind(i) for i in f['inputs'])})".encode())[:4]: f["name"] for f in functions}


def test_every_call_is_one_the_exported_contracts_have() -> None:
    capture = SignedCapture(Capture(bytes(32)), b"\1" * 20, b"")
    made = {
        "record": ("BatchLedger", calls.record(DEPLOYMENT, [capture])),
        "append": ("EvidenceLog", calls.append(DEPLOYMENT, bytes(32), 1, bytes(32), [])),
        "enrolParty": ("Participants", calls.enrol_party(DEPLOYMENT, bytes(32), 1, bytes(32))),
        "invite": ("Participants", calls.invite(DEPLOYMENT, bytes(32), b"\1" * 20)),
        "redeem": ("Participants", calls.redeem(DEPLOYMENT, bytes(32), b"\1" * 20, b"p", b"s")),
        "admit": ("Participants", calls.admit(DEPLOYMENT, b"\1" * 20, b"p", b"\2" * 20, b"s")),
        "propose": ("Participants", calls.propose(DEPLOYMENT, bytes(32), b"\1" * 20, b"p")),
        "revoke": ("Participants", calls.revoke(DEPLOYMENT, b"\1" * 20, b"\2" * 20, b"s")),
        "revokeDevice": ("Participants", calls.revoke_device(DEPLOYMENT, b"\1" * 20)),
        "setStanding": ("Participants", calls.set_standing(DEPLOYMENT, bytes(32), "suspended")),
    }
    for function, (name, call) in made.items():
        assert selectors(name)[call.data[:4]] == function


def test_the_contracts_reason_is_told_in_words_with_its_numbers() -> None:
    reason = keccak(b"HoldsLess(bytes32,bytes32,uint128,uint256)")[:4]
    reason += encode(["bytes32", "bytes32", "uint128", "uint256"], [b"\1" * 32, b"\2" * 32, 3, 2**70])
    told = calls.refusal_of(reason)
    assert told == {
        "kind": "HoldsLess",
        "batch": "0x" + "01" * 32,
        "party": "0x" + "02" * 32,
        "held": "3",
        "asked": str(2**70),
    }


def test_reasons_that_nobody_knows_are_kept_as_they_are() -> None:
    assert calls.refusal_of(b"\xde\xad")["reason"] == "0xdead"
    assert calls.refusal_of(b"")["kind"] == "Unknown"
    broken = keccak(b"BatchUnknown(bytes32)")[:4] + b"\1"
    assert calls.refusal_of(broken) == {"kind": "BatchUnknown", "reason": "0x" + broken.hex()}
