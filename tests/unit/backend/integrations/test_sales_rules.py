"""How a row of a sales table is read, and what is said about one that cannot be."""

from datetime import date
from decimal import Decimal

import pytest

from backend.integrations.rules import (
    ColumnMappedTwice,
    Columns,
    ColumnsUnknown,
    RowError,
    Sale,
    map_header,
    parse_row,
    row_hash,
)
from backend.integrations.values import parse_date, parse_number

TODAY = date(2026, 3, 18)
HEADER = ["日期", "门店", "产品", "数量", "金额"]


def columns(header: list[str] | None = None, **stated: str) -> Columns:
    return map_header(header or HEADER, stated)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["date", "store", "item", "bottles", "sale", "lat"], {"date": "date", "store": "store", "amount": "sale"}),
        (["item", "zip3", "month", "bottles", "sale_usd"], {"date": "month", "store": "zip3", "amount": "sale_usd"}),
        (["Invoice Number", "Store Name", "SKU", "Qty", "Sale Date"], {"document": "Invoice Number", "bottles": "Qty"}),
        (["单据编号", "销售日期", "客户名称", "商品条码", "数量（瓶）"], {"store": "客户名称", "item": "商品条码"}),
        (["\ufeff日期", "品名", "销量"], {"date": "\ufeff日期", "item": "品名", "bottles": "销量"}),
    ],
)
def test_columns_are_known_by_what_tables_call_them(header: list[str], found: dict[str, str]) -> None:
    mapped = columns(header)
    assert {field: mapped.name(field) for field in found} == found


def test_a_stated_column_goes_before_a_guessed_one() -> None:
    mapped = columns(["日期", "门店", "仓库", "产品", "数量"], store="仓库")
    assert mapped.name("store") == "仓库"


def test_a_table_without_a_needed_column_says_which_and_what_it_has() -> None:
    with pytest.raises(ColumnsUnknown, match=r"bottles.*日期, 产品"):
        columns(["日期", "产品"])
    with pytest.raises(ColumnsUnknown, match="no column '件数'"):
        columns(bottles="件数")
    with pytest.raises(ColumnsUnknown, match="colour is none of"):
        columns(colour="产品")
    with pytest.raises(ColumnMappedTwice):
        columns(item="产品", store="产品")


@pytest.mark.parametrize(
    "text",
    ["2026-03-08", "2026/3/8", "2026.03.08", "2026年3月8日", "20260308", "2026-03-08 14:05", "2026-03-08T14:05:09.5"],
)
def test_a_day_may_be_written_in_many_ways(text: str) -> None:
    assert parse_date(text) == date(2026, 3, 8)


@pytest.mark.parametrize("text", ["2026-03", "2026年3月", "202603", "2026/3"])
def test_a_month_stands_for_its_first_day(text: str) -> None:
    assert parse_date(text) == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["", "08/03/2026", "3-8-26", "2026-02-30", "2026-13-01", "yesterday", "0000-01-01"])
def test_what_may_be_another_day_is_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("1,234.50", "1234.50"),
        ("¥499.00", "499.00"),
        ("-3", "-3"),
        ("(3)", "-3"),
        ("6瓶", "6"),
        (".5", ".5"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "n/a", "1.234,50", "1e5", "NaN", "12 13", "--3", "①"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_number(text)


def test_a_row_becomes_a_sale() -> None:
    row = ["2026-03-08", "人民路店", "06901234500011", "12", "5,988.00"]
    assert parse_row(row, 2, columns(), today=TODAY) == Sale(
        date(2026, 3, 8), "人民路店", "06901234500011", 12, Decimal("5988.00"), None
    )


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({0: "2026-02-30"}, "日期", "is not a day of the calendar"),
        ({0: "2026-04-01"}, "日期", "lies in the future"),
        ({1: " "}, "门店", "is empty"),
        ({2: ""}, "产品", "is empty"),
        ({3: "1.5"}, "数量", "is not a whole number of bottles"),
        ({3: "many"}, "数量", "is not a number"),
        ({3: "9" * 20}, "数量", "is more than anybody can sell"),
        ({4: "free"}, "金额", "is not a number"),
        ({4: "9" * 14}, "金额", "is more than anybody can pay"),
        ({2: "A\x00B"}, "", "holds a null character"),
    ],
)
def test_a_wrong_row_names_its_column_and_reason(change: dict[int, str], column: str, reason: str) -> None:
    row = ["2026-03-08", "人民路店", "06901234500011", "12", "5988"]
    for at, text in change.items():
        row[at] = text
    said = parse_row(row, 7, columns(), today=TODAY)
    assert isinstance(said, RowError)
    assert (said.line, said.column, said.reason) == (7, column, reason)


def test_a_row_with_too_few_columns_is_refused_whole() -> None:
    said = parse_row(["2026-03-08", "x"], 3, columns(), today=TODAY)
    assert isinstance(said, RowError)
    assert said.reason == "has 2 columns, the header has 5"


def test_equal_rows_are_told_apart_by_how_often_they_came() -> None:
    sale = Sale(date(2026, 3, 8), "s", "i", 1, Decimal("2.50"), None)
    same = Sale(date(2026, 3, 8), "s", "i", 1, Decimal("2.5"), None)
    assert row_hash(sale, 0) == row_hash(same, 0) != row_hash(sale, 1)
