"""What stories about units share: names of cases and bottles, the books, and what a refusal must leave alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from backend.custody import service as custody
from backend.errors import JiulianError
from backend.units import service as units
from scanner.codes.run import CodeRun
from scanner.device.events import case_uri
from tests.kit.people import BRAND, LIQUOR
from tests.kit.trade import Trade, bottle_of

_STATE = ("unit_custody", "holding", "batch_account", "consignment", "unnamed_sale", "delivery")
_RECORD = ("unit_step", "movement")


def case(run: CodeRun, number: int) -> str:
    """The name of a case of a code run, by its place in it."""
    return case_uri(run.cases[number].sscc)


def bottle(run: CodeRun, index: int) -> str:
    """The name of a bottle of a code run, by its place in it."""
    return bottle_of(run, index).uri


def books(trade: Trade) -> dict[str, list[str]]:
    """What the books and the record of units say now, by table; what each party's units add up to is what it has."""
    balances = {each.party: each.held for each in custody.list_holdings(trade.db, gtin=LIQUOR, batch="B1")}
    counted = {holder: n for _, _, holder, state, n in units.sums(trade.db, LIQUOR, "B1") if state == "held"}
    assert not counted or counted == balances, "the units of each holder add up to what the books say"
    return _rows(trade, _STATE)


def refused(trade: Trade, event: dict[str, Any], kind: type[JiulianError], *, by: str = BRAND) -> dict[str, Any]:
    """The details of a refusal. What it had begun is rolled back, as the door does: nothing is written at all."""
    before = books(trade) | _rows(trade, _RECORD)
    with pytest.raises(kind) as caught, trade.db.begin_nested():
        trade.submit(event, by=by)
    assert books(trade) | _rows(trade, _RECORD) == before
    return dict(caught.value.details)


def _rows(trade: Trade, tables: Sequence[str]) -> dict[str, list[str]]:
    return {table: sorted(map(str, trade.db.execute(text(f"select * from {table}")))) for table in tables}
