"""A tree head can be signed by its log, co-signed by witnesses, and believed by whoever knows their keys."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.evidence import checkpoint, note
from scanner.evidence.checkpoint import Checkpoint
from scanner.evidence.note import Note, NoteKey

ORIGIN = "ledger.brand.example/evidence"
HEAD = Checkpoint(ORIGIN, 20_852_163, bytes(range(32)))
LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = generate_private_key(SECP256R1())
LOG_KEY = NoteKey(ORIGIN, LOG.public_key())
WITNESS_KEY = NoteKey("union.example/witness", WITNESS.public_key())
SIGNED = checkpoint.sign(HEAD, ORIGIN, LOG)
COSIGNED = checkpoint.cosign(SIGNED, WITNESS_KEY.name, WITNESS)

# The worked example of the Go module golang.org/x/mod/sumdb/note.
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_another_implementation_is_verified() -> None:
    assert note.verify(note.parse_note(PETER_NOTE), [note.parse_key(PETER_KEY)]) == ("PeterNeumann",)


def test_a_changed_note_of_another_implementation_is_not() -> None:
    changed = note.parse_note(PETER_NOTE.replace("your", "our"))
    assert note.verify(changed, [note.parse_key(PETER_KEY)]) == ()


def test_the_text_is_origin_size_and_root() -> None:
    assert SIGNED.splitlines()[:4] == [ORIGIN, "20852163", b64encode(HEAD.root).decode(), ""]
    assert SIGNED.splitlines()[4].startswith(f"\u2014 {ORIGIN} ")


def test_whoever_knows_the_keys_sees_who_signed() -> None:
    assert checkpoint.verify(COSIGNED, ORIGIN, [LOG_KEY, WITNESS_KEY]) == (HEAD, (ORIGIN, WITNESS_KEY.name))
    assert checkpoint.verify(COSIGNED, ORIGIN, [WITNESS_KEY]) == (HEAD, (WITNESS_KEY.name,))
    assert checkpoint.verify(SIGNED, ORIGIN, [WITNESS_KEY]) == (HEAD, ())


def test_a_key_of_the_same_name_is_another_key() -> None:
    other = NoteKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    assert checkpoint.verify(SIGNED, ORIGIN, [other]) == (HEAD, ())


def test_the_head_of_another_log_is_signed_by_nobody() -> None:
    assert checkpoint.verify(SIGNED, "another.example", [LOG_KEY])[1] == ()


@pytest.mark.parametrize(("before", "after"), [("20852163", "20852164"), (ORIGIN + "\n2", ORIGIN + "x\n2")])
def test_a_changed_head_is_signed_by_nobody(before: str, after: str) -> None:
    changed = COSIGNED.replace(before, after, 1)
    head, signers = checkpoint.verify(changed, checkpoint.parse(changed)[0].origin, [LOG_KEY, WITNESS_KEY])
    assert (head != HEAD, signers) == (True, ())


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    parsed = note.parse_note(COSIGNED)
    log, witness = parsed.signatures
    wrong = note.NoteSignature(witness.name, witness.key_id, bytes(len(witness.signature)))
    assert note.verify(Note(parsed.text, (log, wrong)), [LOG_KEY, WITNESS_KEY]) == ()
    assert note.verify(Note(parsed.text, (log, wrong)), [LOG_KEY]) == (ORIGIN,)


@pytest.mark.parametrize("key", [LOG_KEY, WITNESS_KEY])
def test_a_key_can_be_handed_around_as_text(key: NoteKey) -> None:
    text = note.format_key(key)
    assert note.format_key(note.parse_key(text)) == text
    name, key_id, public = text.split("+", 2)
    with pytest.raises(Malformed):
        note.parse_key(f"{name}+{int(key_id, 16) ^ 1:08x}+{public}")


@pytest.mark.parametrize(
    "text", ["", "a", "a+b", "a+00000000+", "a+00000000+AQ==", "a+00000000+Ag==", "a b+00000000+AQ=="]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        note.parse_key(text)


def test_a_key_on_another_curve_is_refused() -> None:
    with pytest.raises(Malformed, match="P-256"):
        NoteKey("x", generate_private_key(SECP384R1()).public_key())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n1\n",
        "a\n1\nAA==\n",
        "a\n01\n" + b64encode(bytes(32)).decode() + "\n",
        "a\n-1\n" + b64encode(bytes(32)).decode() + "\n",
        "a\n١\n" + b64encode(bytes(32)).decode() + "\n",
        "a\n18446744073709551616\n" + b64encode(bytes(32)).decode() + "\n",
        "a\n1\n" + b64encode(bytes(32)).decode(),
        "a\n1\n" + b64encode(bytes(32)).decode().rstrip("=") + "\n",
        "a\n1\n" + b64encode(bytes(32)).decode()[:-2] + "B=\n",
        "\n1\n" + b64encode(bytes(32)).decode() + "\n",
        "a\n1\n" + b64encode(bytes(32)).decode() + "\n\n",
    ],
)
def test_a_head_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        checkpoint.parse_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a\n",
        "a\n\n\u2014 x",
        "a\n\nx AAAAAAA=\n",
        "a\n\n\u2014 x AAAA\n",
        "a\n\n\u2014  AAAAAAA=\n",
        "a\t\n\n",
        "a\n\n\u2014 x !\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        note.parse_note(text)


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_stumble(text: str) -> None:
    try:
        parsed = note.parse_note(text)
    except Malformed:
        return
    assert note.parse_note(note.format_note(parsed)) == parsed


lines = st.text(
    st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1, max_size=12
)


@given(st.builds(Checkpoint, lines, st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32)))
def test_a_head_comes_back_from_its_text(head: Checkpoint) -> None:
    assert checkpoint.parse_text(checkpoint.format_text(head)) == head
    assert checkpoint.verify(checkpoint.sign(head, ORIGIN, LOG), head.origin, [LOG_KEY]) == (head, (ORIGIN,))
