"""Proofs of rows in any block: several logs a receipt, receipts of any type, strangers' logs in between."""

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_indexer.blocks.receipts import HEADER_FIELDS, block_hash, receipts_root
from ledger_indexer.blocks.wire import WireLog, WireReceipt
from ledger_indexer.proving.decoding import chain_of
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof, RowProof, format_proof, parse
from ledger_indexer.proving.row_proof import Proven, check_proof, make_proof
from ledger_indexer.rlp import encode
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import harvest

_WHERE = dict.fromkeys(("blockNumber", "blockHash", "transactionHash", "transactionIndex", "logIndex"), "0x0")
_BLOOM = "0x" + "00" * 256


def wire(evidence: int, address: str) -> WireLog:
    """A harvest that an address tells of."""
    said = harvest(evidence, evidence % 7)
    return WireLog(address=address, topics=["0x" + t.hex() for t in said.topics], data="0x" + said.data.hex(), **_WHERE)


def header_over(receipts: list[WireReceipt]) -> dict[str, str]:
    """A header that commits to these receipts, and its own hash."""
    fields = {name: "0x1" if whole else "0x" + "00" * 32 for name, whole in HEADER_FIELDS.items()}
    fields |= {"receiptsRoot": "0x" + receipts_root(receipts).hex(), "number": "0x9", "timestamp": "0x6500"}
    return {**fields, "hash": "0x" + block_hash(fields).hex()}


@st.composite
def blocks(draw: st.DrawFn) -> list[WireReceipt]:
    """1 to 200 receipts with up to three logs each, of our ledger or of strangers; one log at least is ours."""
    shapes = draw(st.lists(st.lists(st.booleans(), max_size=3), min_size=1, max_size=200))
    shapes[draw(st.integers(0, len(shapes) - 1))].append(True)
    kinds = draw(st.lists(st.sampled_from(["0x0", "0x1", "0x2"]), min_size=1, max_size=4))
    receipts, told = [], 0
    for order, shape in enumerate(shapes):
        logs = [
            wire(told + place, DEPLOYMENT.batch_ledger if ours else "0x" + "77" * 20)
            for place, ours in enumerate(shape)
        ]
        told += len(logs)
        kind = kinds[order % len(kinds)]
        receipts.append(
            WireReceipt(f"0x{order:064x}", hex(21_000 * (order + 1)), _BLOOM, logs, status="0x1", type=kind)
        )
    return receipts


def read(text: str) -> Proven:
    """What a file shows that must be the proof of a row."""
    proof = parse(text)
    assert isinstance(proof, RowProof)
    return check_proof(proof)


@settings(max_examples=40, deadline=None)
@given(blocks(), st.data())
def test_any_log_of_ours_in_any_block_is_proven_at_its_place(receipts: list[WireReceipt], data: st.DataObject) -> None:
    logs = [log for receipt in receipts for log in receipt.logs]
    index = data.draw(st.sampled_from([n for n, log in enumerate(logs) if log.address == DEPLOYMENT.batch_ledger]))
    proof = make_proof(DEPLOYMENT, header_over(receipts), receipts, index)
    shown = read(format_proof(proof))
    ends = list(accumulate(len(receipt.logs) for receipt in receipts))
    order = next(n for n, end in enumerate(ends) if index < end)
    assert (shown.transaction_index, shown.place) == (order, index - (ends[order] - len(receipts[order].logs)))
    assert (shown.values["evidence"], shown.values["quantity"]) == (f"0x{index:064x}", str(index % 7))
    assert (shown.block_number, shown.block_time) == (9, 0x6500)


@settings(max_examples=20, deadline=None)
@given(blocks())
def test_a_strangers_log_or_one_that_is_not_there_gives_no_proof(receipts: list[WireReceipt]) -> None:
    logs = [log for receipt in receipts for log in receipt.logs]
    header = header_over(receipts)
    for index in [n for n, log in enumerate(logs) if log.address != DEPLOYMENT.batch_ledger][:3]:
        with pytest.raises(DoesNotHold, match="where the deployment has no contract"):
            make_proof(DEPLOYMENT, header, receipts, index)
    with pytest.raises(DoesNotHold, match=f"hold {len(logs)} logs, none of index {len(logs)}"):
        make_proof(DEPLOYMENT, header, receipts, len(logs))


_SOME = [WireReceipt("0x" + "00" * 32, "0x5208", _BLOOM, [wire(n, DEPLOYMENT.batch_ledger) for n in range(2)])]
_TEXT = format_proof(make_proof(DEPLOYMENT, header_over(_SOME), _SOME, 1))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(_TEXT) - 1), st.characters(max_codepoint=0x2FF))
def test_a_file_with_any_character_changed_is_refused_or_shows_the_same_row(at: int, other: str) -> None:
    honest = read(_TEXT)
    try:
        shown = read(_TEXT[:at] + other + _TEXT[at + 1 :])
    except (DoesNotHold, NotAProof):
        return
    assert (shown.values, shown.block_hash, shown.place) == (honest.values, honest.block_hash, honest.place)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_rubbish_is_no_proof(rubbish: bytes | str) -> None:
    with pytest.raises(NotAProof):
        parse(rubbish)


def test_the_chain_of_a_transaction_is_read_where_its_type_has_it() -> None:
    nine = [b"\x01"] * 9
    for said, chain in ((b"\x25", 1), (b"\x26", 1), (b"\xf4\xf5", 31_337), (b"\x1b", None), (b"", None)):
        assert chain_of(encode([*nine[:6], said, *nine[7:]])) == chain
    for kind in (b"\x01", b"\x02", b"\x04"):
        assert chain_of(kind + encode([b"\x7a\x69", *nine])) == 31_337
    for broken in (b"\x7e" + encode(nine), b"\x02", b"\x02\xc0", b"\xc0", b"\x02\x80", b"\xff"):
        assert chain_of(broken) is None
