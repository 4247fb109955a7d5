"""Two sides of a table, walked in step: the first row that differs is named, wherever it stands."""

import pytest

from ledger_indexer.auditing.balances import agree
from ledger_indexer.auditing.report import Difference
from ledger_indexer.rows import tables
from ledger_indexer.rows.decode import Row

ROWS: list[Row] = [(b"\x02", b"\x01", 5), (b"\x02", b"\x02", 6), (b"\x04", b"\x01", 7)]
EXTRA: list[Row] = [(b"\x02", b"", 1), (b"\x02", b"\x01\x01", 1), (b"\x03", b"\x09", 1), (b"\x05", b"\x01", 1)]


def difference(expected: list[Row], found: list[Row]) -> str:
    with pytest.raises(Difference) as raised:
        agree(tables.holding, iter(expected), iter(found))
    return str(raised.value)


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS])
def test_equal_sides_agree(rows: list[Row]) -> None:
    assert agree(tables.holding, rows, rows) == len(rows)


@pytest.mark.parametrize("gone", range(3))
def test_a_row_that_the_mirror_lacks_is_named(gone: int) -> None:
    batch, party, held = ROWS[gone]
    told = difference(ROWS, [row for row in ROWS if row != ROWS[gone]])
    assert told == f"table holding: the mirror lacks (0x{batch.hex()}, 0x{party.hex()}) with ({held})"


@pytest.mark.parametrize("extra", EXTRA)
@pytest.mark.parametrize("rows", [[], ROWS])
def test_a_row_that_only_the_mirror_has_is_named(extra: Row, rows: list[Row]) -> None:
    told = difference(rows, sorted([*rows, extra]))
    key = f"(0x{extra[0].hex()}, 0x{extra[1].hex()})"
    assert told == f"table holding, row {key}: the mirror has (1), the logs nothing"


@pytest.mark.parametrize("changed", range(3))
def test_a_row_with_another_value_is_named(changed: int) -> None:
    batch, party, held = ROWS[changed]
    told = difference(ROWS, [*ROWS[:changed], (batch, party, 99), *ROWS[changed + 1 :]])
    assert told == f"table holding, row (0x{batch.hex()}, 0x{party.hex()}): the mirror has (99), the logs ({held})"
