"""Logs are read exactly, or not at all."""

import dataclasses

import pytest

from ledger_indexer.bindings import abi
from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.logs import LOGS, Captured, Log
from ledger_indexer.blocks.wire import WireLog
from ledger_indexer.errors import Undecodable
from ledger_indexer.rows.decode import RawLog, book_of, compile_decoder, decode_logs, raws_of
from ledger_indexer.rows.tables import LOG_TABLES
from tests.fakes.chain import DEPLOYMENT

CAPTURED = parse_declaration(Captured.declaration)
WATCHED = DEPLOYMENT.watched


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def captured(**changed: int) -> tuple[bytes, bytes]:
    values = {i.name: 10 + n for n, i in enumerate(CAPTURED.inputs)} | changed
    topics = b"".join(word(values[i.name]) for i in CAPTURED.inputs if i.indexed)
    data = b"".join(word(values[i.name]) for i in CAPTURED.inputs if not i.indexed)
    return CAPTURED.topic0 + topics, data


@pytest.mark.parametrize("log", LOGS)
def test_every_log_is_declared_as_the_contract_declares_it(log: type[Log]) -> None:
    declared = parse_declaration(log.declaration)
    exported = {event.name: event for event in abi.contract(log.contract).events()}
    assert exported[declared.name] == declared


@pytest.mark.parametrize(("log", "table"), list(zip(LOGS, LOG_TABLES, strict=True)))
def test_a_mirrored_row_has_the_fields_of_its_log_in_order(log: type[Log], table: object) -> None:
    fields = [field.name for field in dataclasses.fields(log)]
    assert [column.name for column in table.columns] == fields  # type: ignore[attr-defined]
    assert fields[4:] == [i.name for i in parse_declaration(log.declaration).inputs]


def test_reads_a_capture_with_the_largest_quantity_there_is() -> None:
    values = compile_decoder(CAPTURED)(*captured(quantity=2**128 - 1, time=2**64 - 1))
    assert values[:5] == (word(10), word(11), word(12), 13, 2**128 - 1)
    assert values[7] == 2**64 - 1


@pytest.mark.parametrize("changed", [{"step": 256}, {"quantity": 2**128}, {"time": 2**64}, {"step": 2**255}])
def test_a_value_that_exceeds_its_type_is_refused(changed: dict[str, int]) -> None:
    with pytest.raises(Undecodable):
        compile_decoder(CAPTURED)(*captured(**changed))


@pytest.mark.parametrize("cut", [0, 1, 31, 32, 255])
def test_data_that_is_cut_short_is_refused(cut: int) -> None:
    topics, data = captured()
    with pytest.raises(Undecodable):
        compile_decoder(CAPTURED)(topics, data[:cut])


@pytest.mark.parametrize(
    "data",
    [
        word(32),
        word(32) + word(1),
        word(32) + word(33) + bytes(32),
        word(2**63) + word(0),
        word(32) + word(1) + b"\x01\x01" + bytes(30),
        word(2**64 + 32) + word(0),
    ],
)
def test_dynamic_bytes_that_do_not_fit_are_refused(data: bytes) -> None:
    refused = parse_declaration("Refused(bytes reason)")
    with pytest.raises(Undecodable):
        compile_decoder(refused)(refused.topic0, data)


def test_an_undecodable_log_goes_to_quarantine_and_the_rest_goes_on() -> None:
    topics, data = captured()
    ledger = bytes.fromhex(WATCHED["BatchLedger"][2:])
    good = RawLog(7, 0, b"t", 0, ledger, topics, data)
    broken = RawLog(7, 1, b"t", 0, ledger, topics, data[:-1])
    unknown = RawLog(7, 2, b"t", 0, ledger, bytes(32), b"")
    decoded = decode_logs([good, broken, unknown], {7: 1_700_000_000}, book_of(WATCHED))
    assert decoded.raws == [good, broken, unknown]
    assert [row[:4] for row in decoded.rows["Captured"]] == [(7, 0, b"t", 1_700_000_000)]
    assert [raw for raw, _ in decoded.quarantined] == [broken]


def test_hex_from_the_wire_becomes_bytes() -> None:
    topics = ["0x" + "01" * 32, "0x" + "02" * 32]
    wire = WireLog("0x" + "a2" * 20, topics, "0xff", "0x10", "0x00", "0x" + "ab" * 32, "0x1", "0x2")
    assert raws_of([wire]) == [RawLog(16, 2, b"\xab" * 32, 1, b"\xa2" * 20, b"\x01" * 32 + b"\x02" * 32, b"\xff")]


def test_a_transaction_without_a_whole_hash_is_refused() -> None:
    wire = WireLog("0x" + "a2" * 20, [], "0x", "0x10", "0x00", "0xab", "0x1", "0x2")
    with pytest.raises(ValueError, match="0xab is not the hash of a transaction"):
        raws_of([wire])
