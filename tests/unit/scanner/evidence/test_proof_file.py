"""One small file shows a bottle to be in its batch, and points to where the chain says so."""

from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.evidence import note
from scanner.evidence.checkpoint import Checkpoint
from scanner.evidence.proof import inclusion_path
from scanner.evidence.proof_file import ChainCoordinates, ProofFile, format_proof, parse_proof, proves
from scanner.evidence.tree import Tree, leaf_hash

CHAIN = ChainCoordinates(31337, bytes(range(20)), 1234, bytes(range(32)))
BOTTLES = [f'{{"serial":"{at}"}}'.encode() for at in range(100)]
TREE = Tree([leaf_hash(each) for each in BOTTLES])
ORIGIN = "brand.example/01/06901234567892/10/B1"


def proof_of(index: int, size: int = 100) -> ProofFile:
    path = tuple(inclusion_path(index, size, TREE.node))
    return ProofFile(BOTTLES[index], index, path, Checkpoint(ORIGIN, size, TREE.root(size)), CHAIN)


@given(st.integers(1, 100), st.data())
def test_any_bottle_is_shown_by_its_file_alone(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    file = proof_of(index, size)
    read = parse_proof(format_proof(file))
    assert read == file
    assert proves(read)


def test_a_file_of_another_bottle_shows_nothing() -> None:
    assert not proves(replace(proof_of(7), leaf=BOTTLES[8]))
    assert not proves(replace(proof_of(7), index=8))
    assert not proves(replace(proof_of(7), checkpoint=Checkpoint(ORIGIN, 100, bytes(32))))


def test_the_head_in_the_file_can_be_signed() -> None:
    log = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signed = note.sign(proof_of(7).note, ORIGIN, log)
    read = parse_proof(format_proof(replace(proof_of(7), signatures=signed.signatures)))
    assert note.verify(read.note, [note.NoteKey(ORIGIN, log.public_key())]) == (ORIGIN,)


def test_the_file_is_small_and_begins_as_c2sp_says() -> None:
    text = format_proof(proof_of(7))
    assert text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert "\nindex 7\n" in text
    assert len(text) < 1000


def spoilt(before: str, after: str) -> str:
    text = format_proof(proof_of(7))
    assert before in text
    return text.replace(before, after, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\n",
        spoilt("@v1", "@v2"),
        spoilt("extra ", ""),
        spoilt("extra ", "extra !"),
        spoilt("extra ey", "extra W10="),
        spoilt("index 7", "index 07"),
        spoilt("index 7", "index -7"),
        spoilt("index 7", "index 7\nAA=="),
        spoilt("index 7\n", "index 7\n" + (format_proof(proof_of(7)).splitlines()[3] + "\n") * 65),
        spoilt("\n100\n", "\n1e2\n"),
    ],
)
def test_a_spoilt_file_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_proof(text)


@pytest.mark.slow
@given(st.text(max_size=40), st.integers(0, 400), st.integers(0, 40))
def test_no_change_to_a_file_makes_the_reader_stumble(put: str, at: int, cut: int) -> None:
    text = format_proof(proof_of(7))
    with suppress(Malformed):
        proves(parse_proof(text[:at] + put + text[at + cut :]))
