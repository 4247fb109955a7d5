"""Tables with several columns of goods: all of them count, or the table says which do not fit together."""

from datetime import date
from decimal import Decimal

import pytest

from backend.integrations.quantities import QuantitiesUnclear
from backend.integrations.rules import RowError, Sale, is_total, map_header, parse_row

TODAY = date(2026, 3, 18)
BASE = ["日期", "门店", "商品"]
CELLS = ["2026-01-02", "一店", "甲酒"]


def read(names: list[str], cells: list[str], **stated: str) -> Sale | RowError:
    return parse_row(CELLS + cells, 2, map_header(BASE + names, stated), today=TODAY)


def bottles(names: list[str], cells: list[str], **stated: str) -> int:
    sale = read(names, cells, **stated)
    assert isinstance(sale, Sale), sale
    return sale.bottles


@pytest.mark.parametrize(
    "names",
    [
        ["销售数量", "退货数量"],
        ["数量", "退货"],
        ["销量", "退货量"],
        ["瓶数", "退货瓶数"],
        ["数量（瓶）", "退货数量（瓶）"],
        ["销售数量", "客户退货数量"],
        ["Qty", "Returns"],
        ["Qty Sold", "Qty Returned"],
        ["bottles sold", "bottles returned"],
        ["Quantity", "Return Qty"],
        ["units_sold", "returned units"],
    ],
)
@pytest.mark.parametrize(
    ("cells", "left"), [(["10", "3"], 7), (["10", "-3"], 7), (["10", ""], 10), (["", "3"], -3), (["0", "３瓶"], -3)]
)
def test_a_column_of_returns_is_taken_off_the_sold(names: list[str], cells: list[str], left: int) -> None:
    assert bottles(names, cells) == left
    assert bottles(names[::-1], cells[::-1]) == left


def test_the_money_given_back_is_taken_off_too() -> None:
    sale = read(["数量", "金额", "退货数量", "退货金额"], ["10", "1000", "3", "300"])
    assert isinstance(sale, Sale)
    assert (sale.bottles, sale.amount) == (7, Decimal(700))


@pytest.mark.parametrize("net", ["净销售数量", "净销量", "Net Qty", "net_bottles"])
def test_what_is_left_after_returns_is_not_lessened_again(net: str) -> None:
    assert bottles(["销售数量", "退货数量", net], ["10", "3", "7"]) == 7


@pytest.mark.parametrize("other", ["退货率", "退货原因", "退货单号", "采购退货数量", "return_reason", "returnable"])
def test_a_column_about_returns_that_counts_none_is_named_as_not_read(other: str) -> None:
    mapped = map_header([*BASE, "数量", other], {})
    assert (mapped.unread, bottles(["数量", other], ["10", "3"])) == ([other], 10)


def test_a_wrong_return_is_refused_by_its_column() -> None:
    wrong = read(["数量", "退货数量"], ["10", "some"])
    assert isinstance(wrong, RowError)
    assert (wrong.column, wrong.value) == ("退货数量", "some")
    twice = read(["数量", "退货数量", "单据类型"], ["3", "3", "销售退货"])
    assert isinstance(twice, RowError)
    assert twice.column == "退货数量"
    assert bottles(["数量", "退货数量", "单据类型"], ["", "3", "销售退货"]) == -3
    assert bottles(["数量", "退货数量", "单据类型"], ["3", "", "销售退货"]) == -3


@pytest.mark.parametrize(
    "names",
    [
        ["箱数", "瓶数"],
        ["箱", "瓶"],
        ["件数", "瓶数"],
        ["整箱数", "瓶数"],
        ["销售箱数", "销售瓶数"],
        ["数量(箱)", "数量(瓶)"],
        ["数量（箱）", "数量（瓶）"],
        ["箱数", "数量"],
        ["Cases", "Bottles"],
        ["Cases Sold", "Bottles Sold"],
        ["Case Qty", "Bottle Qty"],
        ["cartons", "qty"],
        ["数量", "数量"],
    ],
)
def test_cases_beside_bottles_are_refused_by_the_names_of_both(names: list[str]) -> None:
    for order in (names, names[::-1]):
        with pytest.raises(QuantitiesUnclear, match="total_bottles") as refused:
            map_header(BASE + order, {})
        assert all(name in str(refused.value) for name in names)
        assert "总瓶数" in str(refused.value)


def test_the_ways_out_of_cases_beside_bottles_lead_out() -> None:
    assert bottles(["箱数", "瓶数"], ["2", "12"], bottles="瓶数") == 12
    assert bottles(["箱数", "瓶数", "总瓶数"], ["2", "3", "15"]) == 15
    assert bottles(["整箱", "零瓶", "数量"], ["2", "3", "15"]) == 15
    assert bottles(["Cases", "Bottles", "Total Bottles"], ["2", "3", "15"]) == 15


@pytest.mark.parametrize("name", ["Pack", "箱规", "每箱瓶数", "箱号", "case_price", "bottles_per_case", "赠品箱数"])
def test_what_is_said_of_a_case_is_no_number_of_cases(name: str) -> None:
    assert bottles(["瓶数", name], ["12", "6"]) == 12


def test_returns_in_another_measure_than_the_sold_are_refused() -> None:
    for names in (["瓶数", "退货箱数"], ["数量", "退货数量(箱)"], ["bottles", "returned cases"]):
        with pytest.raises(QuantitiesUnclear, match="returned_bottles") as refused:
            map_header(BASE + names, {})
        assert names[1] in str(refused.value)
    with pytest.raises(QuantitiesUnclear, match="瓶数, 退货数量"):
        map_header([*BASE, "数量", "单位", "瓶数", "退货数量"], {})
    with pytest.raises(QuantitiesUnclear, match="退货数量, 退货瓶数"):
        map_header([*BASE, "数量", "退货数量", "退货瓶数"], {})
    for name in ("退换数量", "实退数量", "refund qty"):
        with pytest.raises(QuantitiesUnclear, match="--map returned"):
            map_header([*BASE, "数量", name], {})
        assert bottles(["数量", name], ["9", "3"], returned=name) == 6
    assert bottles(["数量", "退货数量", "退货瓶数"], ["9", "3", "4"], returned="退货瓶数") == 5


@pytest.mark.parametrize("store", ["Total", "TOTAL", "Totals", "Wine Total", "一店"])
def test_a_customer_may_be_called_total(store: str) -> None:
    for header in (
        ["date", "store", "item", "qty"],
        ["store", "date", "item", "qty"],
        ["note", "store", "item", "qty", "date"],
    ):
        cells = {"date": "2026-01-02", "store": store, "item": "Merlot", "qty": "3", "note": store}
        row = [cells[name] for name in header]
        assert not is_total(row, map_header(header, {}))
        sale = parse_row(row, 2, map_header(header, {}), today=TODAY)
        assert isinstance(sale, Sale)
        assert (sale.store, sale.bottles) == (store, 3)


@pytest.mark.parametrize(
    "row",
    [
        ["Total", "", "", "9"],
        ["", "Total", "", "9"],
        ["2026-01-02", "Total", "", "9"],
        ["2026-01-02", "一店", "小计", "9"],
        ["2026-01-02", "合计", "甲酒", "9"],
        ["2026-01-02", "Sub-total", "Merlot", "9"],
        ["Total:", "all", "all", "9"],
        ["Grand Total (USD)", "", "", "9"],
    ],
)
def test_a_row_that_lacks_what_a_sale_has_or_can_be_no_name_is_a_sum(row: list[str]) -> None:
    assert is_total(row, map_header(["date", "store", "item", "qty"], {}))


def test_a_whole_row_whose_item_is_total_is_neither_dropped_nor_counted() -> None:
    mapped = map_header(["date", "store", "item", "qty"], {})
    row = ["2026-01-02", "A", "Total", "3"]
    assert not is_total(row, mapped)
    said = parse_row(row, 2, mapped, today=TODAY)
    assert isinstance(said, RowError)
    assert (said.column, said.reason[:25]) == ("item", "is the label of a sum, th")
