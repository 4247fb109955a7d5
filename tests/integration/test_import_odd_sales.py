"""Sales tables as spreadsheets and ERP systems export them: what is understood comes in, the rest says why not."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.integrations import service
from backend.integrations.quantities import QuantitiesUnclear
from backend.integrations.rules import ColumnsUnknown
from backend.integrations.service import Summary
from tests import outside

pytestmark = pytest.mark.integration
Bring = Callable[..., Summary]


@pytest.fixture
def bring(session: Session, now: datetime, tmp_path: Path) -> Bring:
    def bring(written: str, *, encoding: str = "utf-8") -> Summary:
        path = tmp_path / "sales.csv"
        path.write_bytes(written.encode(encoding))
        return service.import_sales(session, path, now=now)

    return bring


def reasons(summary: Summary) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.reason) for each in summary.errors]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    "title",
    [
        "2026年3月销售明细表",
        "2026年3月销售明细表,,,",
        "销售明细\n制表人：王,打印日期：2026-03-18\n",
        "\n门店：一店,,,\n\n",
    ],
)
def test_a_header_is_found_under_titles(bring: Bring, title: str, encoding: str) -> None:
    summary = bring(f"{title}\n日期,门店,商品,数量\n2026/3/1,一店,甲酒,6\n2026/3/2,一店,甲酒,x\n", encoding=encoding)
    assert (summary.rows, summary.accepted, summary.bottles) == (2, 1, 6)
    assert reasons(summary) == [(title.count("\n") + 4, "数量", "is not a number")]


def test_a_table_without_a_header_speaks_of_the_row_that_comes_nearest(bring: Bring) -> None:
    with pytest.raises(ColumnsUnknown, match="no column for bottles; the table has: 日期, 门店, 商品, 备注"):
        bring("明细表,,,\n日期,门店,商品,备注\n2026/3/1,一店,甲酒,6\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("note", "sign"),
    [("sep=;", ";"), ("sep=,", ","), ("SEP=\t", "\t"), ('"sep=|"', "|"), ("sep=^", "^"), ("sep=;\r", ";")],
)
def test_the_note_of_the_delimiter_is_no_row(bring: Bring, note: str, sign: str, encoding: str) -> None:
    rows = "date;store;item;qty\n2026-03-01;S1;A;6\n2026-03-02;S1;A;?\n".replace(";", sign)
    summary = bring(f"{note}\n{rows}", encoding=encoding)
    assert (summary.delimiter, summary.accepted, summary.bottles) == (sign, 1, 6)
    assert reasons(summary) == [(4, "qty", "is not a number")]


def test_cases_are_not_counted_as_bottles(bring: Bring) -> None:
    summary = bring(
        "日期,商品,数量,单位\n2026-03-01,甲酒,2,箱\n2026-03-01,甲酒,12,瓶\n2026-03-01,甲酒,3,\n2026-03-01,甲酒,4件,瓶\n"
    )
    assert (summary.accepted, summary.bottles) == (1, 12)
    assert [(line, column) for line, column, _ in reasons(summary)] == [(2, "单位"), (4, "单位"), (5, "数量")]
    assert "箱, not bottles" in reasons(summary)[0][2]
    assert "请加一列「瓶数」" in summary.errors[0].reason_zh, "the way out, in both languages"
    assert "Add a column named bottles" in reasons(summary)[0][2]


def test_a_column_of_bottles_goes_before_one_of_units(bring: Bring) -> None:
    summary = bring("日期,商品,数量,单位,瓶数\n2026-03-01,甲酒,2,箱,12\n")
    assert (summary.columns["bottles"], summary.bottles) == ("瓶数", 12)
    refused = bring("date,item,bottles,unit\n2026-03-01,A,2,case\n")
    assert (refused.accepted, refused.refused) == (0, 1)


def test_sums_of_rows_are_no_sales(bring: Bring) -> None:
    summary = bring(
        "日期,门店,商品,数量\n2026-03-01,一店,甲酒,6\n2026-03-01,一店小计,,6\n2026-03-01,二店,甲酒,12\n,,小计,12\n合计,,,18\n总计：,18\n"
    )
    assert (summary.rows, summary.accepted, summary.totals, summary.refused, summary.bottles) == (6, 2, 4, 0, 18)


def test_returns_take_bottles_and_money_back(bring: Bring, session: Session) -> None:
    summary = bring(
        "日期,商品,数量,金额,单据类型\n2026-03-01,甲酒,12,1200,销售\n2026-03-02,甲酒,3,300,销售退货\n2026-03-03,甲酒,-2,-200,退货\n"
        "2026-03-04,甲酒,5,500,调拨\n"
    )
    assert (summary.accepted, summary.bottles) == (3, 7)
    assert session.execute(text("select sum(amount) from sale_line")).scalar_one() == 700
    assert reasons(summary) == [(5, "单据类型", "is 调拨: neither a sale nor a return of goods")]


def test_a_column_of_returns_counts_and_every_column_that_does_not_is_named(bring: Bring) -> None:
    summary = bring("日期,商品,销售数量,退货数量,赠品数量\n2026-03-01,甲酒,10,3,2\n2026-03-02,甲酒,,1,\n合计,,10,4,2\n")
    assert (summary.accepted, summary.totals, summary.bottles) == (2, 1, 6)
    assert (summary.columns["returned"], summary.unread) == ("退货数量", ["赠品数量"])
    assert summary.json()["unread"] == ["赠品数量"]


def test_cases_beside_bottles_are_refused_under_titles_too(bring: Bring) -> None:
    with pytest.raises(QuantitiesUnclear, match="箱数, 瓶数"):
        bring("明细表,,,\n日期,商品,箱数,瓶数\n2026-03-01,甲酒,2,3\n")


def test_what_is_sent_back_to_a_supplier_or_given_away_changes_no_sales(bring: Bring) -> None:
    kinds = ["不退换销售", "客户退货", "退厂", "其他出库", "报废出库", "未出售", "no sale", "return to vendor"]
    summary = bring("日期,商品,数量,单据类型\n" + "".join(f"2026-03-01,甲酒,{n},{k}\n" for n, k in enumerate(kinds, 5)))
    assert (summary.accepted, summary.refused, summary.bottles) == (2, 6, 5 - 6)
    assert {each.column for each in summary.errors} == {"单据类型"}
    assert [each.value for each in summary.errors] == kinds[2:]


def test_one_product_in_thirteen_and_fourteen_digits_is_one_item(bring: Bring, session: Session) -> None:
    head, row = "日期,条码,数量\n", "2026-03-01,{},6\n"
    bring(head + row.format("6901234500011"))
    again = bring(head + row.format("06901234500011"))
    quoted = bring(head + row.format('"=""6901234500011"""') + row.format("6901234500011.0"))
    assert (again.known, quoted.known, quoted.accepted) == (1, 1, 1)
    items = session.execute(text("select item, sum(bottles) from sale_line group by item")).all()
    assert [tuple(each) for each in items] == [("06901234500011", 12)]


def test_shortened_numbers_are_refused_by_row(bring: Bring) -> None:
    summary = bring("日期,门店,条码,数量\n2026-03-01,一店,6.90123E+12,6\n2026-03-01,1.00E+05,6901234500011,6\n")
    assert summary.accepted == 0
    assert [(line, column) for line, column, _ in reasons(summary)] == [(2, "条码"), (3, "门店")]


def test_a_full_width_table_is_read_and_comes_in_once(bring: Bring) -> None:
    table = "日期,商品,数量,金额\n２０２６／３／１　下午３：０５,甲酒,１２,￥１，２００．００\n".replace(
        "￥１，２００．００", '"￥１，２００．００"'
    )
    assert bring(table).bottles == 12
    assert bring(table).known == 1


def _bottles(words: str) -> int | None:
    match = re.search(r"(\d+) bottles", words)
    return int(match[1]) if match else None


@pytest.mark.external
@pytest.mark.parametrize("case", outside.cases("import sales"), ids=lambda case: case["name"])
def test_a_table_is_answered_as_its_case_says(case: dict[str, Any], session: Session, now: datetime) -> None:
    right = case["expected_and_why"]
    summary = service.import_sales(session, outside.CASES / case["input"], now=now)
    if right.startswith("Refused"):
        assert summary.refused > 0
        assert all(each.reason and each.line > 1 for each in summary.errors)
        wrong = {each.value for each in summary.errors}
        assert all(value in case["how"] for value in wrong), "what is refused is what the case speaks of"
    else:
        assert _bottles(right) is not None, f"its answer is not understood: {right}"
        assert (summary.bottles, summary.refused) == (_bottles(right), 0)
