"""The shapes of rows that move balances are those of the contract's logs."""

from dataclasses import fields
from typing import get_args

import pytest

from ledger_indexer.bindings.logs import Captured, CaptureVoided, InputConsumed, InputRestored, Log
from ledger_indexer.rows import movements
from ledger_indexer.rows.movements import Declaration, Input, Movement

SHAPES = [(Captured, Movement), (CaptureVoided, Declaration), (InputConsumed, Input), (InputRestored, Input)]


def names(log: type[Log]) -> list[str]:
    return [each.name for each in fields(log)]


@pytest.mark.parametrize(("log", "shape"), SHAPES)
def test_a_row_has_the_fields_of_its_log_and_what_is_read_has_their_types(log: type[Log], shape: type) -> None:
    types = {"int": int, "bytes": bytes, int: int, bytes: bytes}
    declared = [types[each.type] for each in fields(log)]
    assert len(declared) == len(get_args(shape))
    for name, kind, read in zip(names(log), declared, get_args(shape), strict=True):
        assert read in (object, kind), f"{log.__name__}.{name} is read as {read}"


def test_what_is_read_of_a_row_stands_where_the_log_has_it() -> None:
    for name in ("evidence", "batch", "party", "step", "quantity", "counterparty", "ref"):
        assert names(Captured)[getattr(movements, name.upper())] == name
    for name in ("evidence", "batch", "party"):
        assert names(CaptureVoided)[getattr(movements, name.upper())] == name
    assert names(CaptureVoided)[movements.VOIDED_STEP] == "step"
    for log in (InputConsumed, InputRestored):
        assert (names(log)[movements.EVIDENCE], names(log)[-2:]) == ("evidence", ["batch", "quantity"])
