"""Known answers: our own, which JavaScript and Solidity read too, and those of transparency-dev/merkle."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from scanner.evidence.proof import verify_consistency, verify_inclusion

VECTORS = sorted((Path(__file__).parents[3] / "vectors" / "merkle").glob("*.json"))


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def inclusion_holds(case: dict[str, Any]) -> bool:
    path = [unhex(each) for each in case["proof"]]
    return verify_inclusion(unhex(case["leaf_hash"]), case["index"], case["size"], unhex(case["root"]), path)


def consistency_holds(case: dict[str, Any]) -> bool:
    path = [unhex(each) for each in case["proof"]]
    first, second = unhex(case["first_root"]), unhex(case["second_root"])
    return verify_consistency(case["first_size"], first, case["second_size"], second, path)


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_our_vectors_hold(path: Path) -> None:
    vectors = json.loads(path.read_text())
    assert vectors["inclusion"] or vectors["consistency"]
    for case in vectors["inclusion"]:
        assert inclusion_holds(case) is case["valid"], case["about"]
    for case in vectors["consistency"]:
        assert consistency_holds(case) is case["valid"], case["about"]


@pytest.mark.external
def test_inclusion_agrees_with_transparency_dev(shared_data: Path) -> None:
    seen = set()
    for path in sorted((shared_data / "rfc6962-merkle" / "inclusion").rglob("*.json")):
        case = json.loads(path.read_text())
        proof = [b64decode(each) for each in case["proof"] or []]
        leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
        holds = verify_inclusion(leaf, case["leafIdx"], case["treeSize"], root, proof)
        assert holds is not case["wantErr"], path
        seen.add(holds)
    assert seen == {True, False}


@pytest.mark.external
def test_consistency_agrees_with_transparency_dev(shared_data: Path) -> None:
    for path in sorted((shared_data / "rfc6962-merkle" / "consistency").rglob("*.json")):
        case = json.loads(path.read_text())
        proof = [b64decode(each) for each in case["proof"] or []]
        roots = b64decode(case["root1"]), b64decode(case["root2"])
        holds = verify_consistency(case["size1"], roots[0], case["size2"], roots[1], proof)
        # We are stricter than they are about roots that are no SHA-256 at all: words that stand for one.
        good = not case["wantErr"] and all(len(each) in (0, 32) for each in roots)
        assert holds is good, path
