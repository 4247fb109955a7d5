"""What stories about units share: names of cases and bottles, the books, and what a refusal must leave alone."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.custody import service as custody
from backend.errors import JiulianError
from backend.units import service as units
from scanner.codes.run import CodeRun
from scanner.device.events import case_uri
from tests.builders import BRAND, LIQUOR, Trade, bottle_of

_BOOKS = (
    "unit_custody",
    "unit_step",
    "holding",
    "batch_account",
    "consignment",
    "movement",
    "unnamed_sale",
    "delivery",
)


def case(run: CodeRun, number: int) -> str:
    """The name of a case of a code run, by its place in it."""
    return case_uri(run.cases[number].sscc)


def bottle(run: CodeRun, index: int) -> str:
    """The name of a bottle of a code run, by its place in it."""
    return bottle_of(run, index).uri


def books(trade: Trade) -> dict[str, list[str]]:
    """All that the books and the record of units say, by table; what each party's units add up to is what it has."""
    balances = {each.party: each.held for each in custody.list_holdings(trade.db, gtin=LIQUOR, batch="B1")}
    counted = {holder: n for _, _, holder, state, n in units.sums(trade.db, LIQUOR, "B1") if state == "held"}
    assert not counted or counted == balances, "the units of each holder add up to what the books say"
    return {table: sorted(map(str, trade.db.execute(text(f"select * from {table}")))) for table in _BOOKS}


def refused(trade: Trade, event: dict[str, Any], kind: type[JiulianError], *, by: str = BRAND) -> dict[str, Any]:
    """The details of a refusal. What it had begun is rolled back, as the door does, and the books are as before."""
    before = books(trade)
    with pytest.raises(kind) as caught, trade.db.begin_nested():
        trade.submit(event, by=by)
    assert books(trade) == before
    return dict(caught.value.details)
