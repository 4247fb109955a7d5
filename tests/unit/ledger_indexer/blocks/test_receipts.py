"""What a header commits to, recomputed."""

from hypothesis import given
from hypothesis import strategies as st

from ledger_indexer.blocks.receipts import EMPTY_ROOT, receipt_bytes, receipts_root, trie_root
from ledger_indexer.blocks.wire import WireLog, WireReceipt
from ledger_indexer.rlp import encode

DOG = b"dog"


def nibbles(key: bytes) -> bytes:
    return bytes(n for byte in key for n in (byte >> 4, byte & 15))


def test_rlp_of_the_yellow_papers_examples() -> None:
    assert encode(DOG) == b"\x83dog"
    assert encode([b"cat", DOG]) == b"\xc8\x83cat\x83dog"
    assert encode(b"") == b"\x80"
    assert encode([]) == b"\xc0"
    assert encode(b"\x0f") == b"\x0f"
    assert encode([[], [[]], [[], [[]]]]) == bytes.fromhex("c7c0c1c0c3c0c1c0")
    assert encode(b"Lorem ipsum dolor sit amet, consectetur adipisicing elit")[:2] == b"\xb8\x38"


def test_a_trie_without_entries_has_the_well_known_root() -> None:
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert trie_root({}) == receipts_root([]) == EMPTY_ROOT


def test_a_trie_of_words_has_the_root_of_ethereums_own_tests() -> None:
    words = {b"doe": b"reindeer", b"dog": b"puppy", b"dogglesworth": b"cat"}
    root = trie_root({nibbles(key): value for key, value in words.items()})
    assert root.hex() == "8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3"


def test_a_typed_receipt_begins_with_its_type() -> None:
    receipt = WireReceipt("0x00", "0x5208", "0x" + "00" * 256, [], status="0x1", type="0x2")
    assert receipt_bytes(receipt)[0] == 2
    receipt.type = "0x0"
    assert receipt_bytes(receipt)[0] >= 0xC0


def test_the_root_changes_with_every_receipt_that_is_withheld() -> None:
    receipts = [WireReceipt("0x00", hex(21_000 * n), "0x" + "00" * 256, [], status="0x1") for n in range(1, 200)]
    roots = {receipts_root(receipts[:count]) for count in range(len(receipts))}
    assert len(roots) == len(receipts)


def hexes(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size)).map(lambda raw: "0x" + raw.hex())


USUAL = st.tuples(hexes(st.just(20)), st.lists(hexes(st.just(32)), max_size=4), hexes(st.integers(0, 300)))
STRANGE = st.tuples(
    hexes(st.integers(0, 40)), st.lists(hexes(st.integers(0, 60)), max_size=4), hexes(st.integers(0, 3))
)


@given(st.lists(st.one_of(USUAL, STRANGE), max_size=6))
def test_logs_put_together_as_hex_are_their_plain_rlp(logs: list[tuple[str, list[str], str]]) -> None:
    wire = [WireLog(address, topics, data, "0x1", "0x", "0x", "0x0", "0x0") for address, topics, data in logs]
    receipt = WireReceipt("0x00", "0x5208", "0x" + "00" * 256, wire, status="0x1")
    plain = [[raw(address), [raw(topic) for topic in topics], raw(data)] for address, topics, data in logs]
    assert receipt_bytes(receipt) == encode([b"\x01", b"\x52\x08", bytes(256), plain])


def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])
