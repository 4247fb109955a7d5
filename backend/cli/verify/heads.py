"""An evidence head: what an evidence log was when the contract accepted it, and what is shown to stand under it."""

from eth_hash.auto import keccak

from backend.cli.verify import rows
from backend.cli.verify.answers import HeadAnswer
from backend.cli.verify.asking import words
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.proving.proof_file import DoesNotHold, Earlier, HeadProof, Leaf, raw
from scanner.evidence.proof import verify_consistency, verify_inclusion
from scanner.evidence.tree import leaf_hash

_HEAD = keccak(b"head(bytes32)")[:4]


def check(proof: HeadProof, rpc: str | None, deployment: Deployment | None) -> HeadAnswer:
    """The head as decoded from the contract's own log, and what its optional parts show.

    Raises:
        DoesNotHold: the row does not hold or is no head, the leaf does not lead to its root, the earlier head is not
            its beginning, or the contract, asked at `rpc`, has a log that does not continue it.
        NotAProof: a field is not even of its form.
        NodeSilent: a node was named and did not answer.
    """
    row = rows.check(proof.anchored, rpc, deployment)
    if row["log"] != "HeadAccepted":
        raise DoesNotHold(f"what anchors the head is a log {row['log']}, not HeadAccepted")
    values = row["values"]
    size, root = int(values["size"]), raw(values["root"], "root", 32)
    answer: HeadAnswer = {
        "log": values["log"],
        "contract": row["contract"],
        "address": row["address"],
        "chain": row["chain"],
        "block": row["block"],
        "block_hash": row["block_hash"],
        "time": row["time"],
        "transaction": row["transaction"],
        "place": row["place"],
        "node": row["node"],
        "not_proved": row["not_proved"],
        "size": size,
        "root": values["root"],
        "leaf": None,
        "extends": None,
    }
    if proof.leaf is not None:
        _require_leaf(proof.leaf, size, root)
        answer["leaf"] = {"data": proof.leaf.data, "index": proof.leaf.index}
    if proof.earlier is not None:
        _require_growth(proof.earlier, size, root)
        answer["extends"] = {"size": proof.earlier.size, "root": proof.earlier.root}
        answer["not_proved"].append(
            f"that the log's head was 0x{proof.earlier.root[2:]} at {proof.earlier.size} leaves: compare what you kept"
        )
    if rpc is not None:
        answer["newest_size"] = _newest(answer, rpc)
    return answer


def _require_leaf(leaf: Leaf, size: int, root: bytes) -> None:
    path = [raw(each, "leaf's path", 32) for each in leaf.path]
    if not verify_inclusion(leaf_hash(raw(leaf.data, "leaf")), leaf.index, size, root, path):
        raise DoesNotHold(f"the leaf does not stand at {leaf.index} of the {size} leaves under the head's root")


def _require_growth(earlier: Earlier, size: int, root: bytes) -> None:
    path = [raw(each, "earlier head's path", 32) for each in earlier.path]
    if not verify_consistency(earlier.size, raw(earlier.root, "earlier root", 32), size, root, path):
        raise DoesNotHold(f"the head is not shown to begin with the earlier head of {earlier.size} leaves")


def _newest(answer: HeadAnswer, rpc: str) -> int:
    """How many leaves the contract knows by now; the log may only have grown."""
    found = words(rpc, answer["address"], "0x" + _HEAD.hex() + answer["log"][2:], 3)
    size, root = int(found[0], 16), "0x" + found[1]
    if size < answer["size"]:
        raise DoesNotHold(f"the contract knows only {size} leaves of the log, the head is of {answer['size']}")
    if size == answer["size"] and root != answer["root"]:
        raise DoesNotHold(f"the contract has the root {root} at {size} leaves, the head {answer['root']}")
    return size


def in_lines(answer: HeadAnswer) -> str:
    """The answer in lines."""
    lines = [
        f"The proof holds: evidence log {answer['log']} had {answer['size']} leaves under root {answer['root']},",
        f"accepted by EvidenceLog at {answer['address']}, {rows.place_of(answer)}.",
    ]
    if (leaf := answer["leaf"]) is not None:
        lines.append(f"Leaf {leaf['index']} of it is {leaf['data']}.")
    if (earlier := answer["extends"]) is not None:
        lines.append(
            f"It begins with the {earlier['size']} leaves under root {earlier['root']}: nothing was rewritten."
        )
    if (newest := answer.get("newest_size")) is not None:
        lines.append("It is the newest head." if newest == answer["size"] else f"The log has {newest} leaves by now.")
    return "\n".join([*lines, *rows.rest_of(answer)])
