"""Cells as tills, ERP systems and spreadsheets write them."""

from datetime import date
from decimal import Decimal

import pytest

from backend.integrations.values import (
    cell,
    check_unit,
    is_return,
    is_total,
    parse_bottles,
    parse_code,
    parse_date,
    parse_number,
)

GTIN = "06901234500011"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T10:00:00+08:00", "2026-03-01T10:00:00.123+0800", "2026-03-01T23:59:59-06:00", "2026-03-01T10:00Z",
        "2026/3/1 下午3:05", "2026/3/1 上午 10:05:09", "2026年3月1日 下午3时05分",
            "2026年3月1日 星期日", "2026年3月1日(周日) 晚上8:00",
        "2026/3/1 3:05 PM", "2026-03-01 03:05:09 a.m.", "２０２６－０３－０１",
            "２０２６／３／１　下午３：０５", "2026-03-01 24:00",
        "20260301 10:00", "2026.3.1 0:00:00",
    ],
)  # fmt: skip
def test_a_day_with_a_time_is_that_day(text: str) -> None:
    assert parse_date(text) == date(2026, 3, 1)


def test_a_time_in_utc_is_of_the_day_in_china() -> None:
    assert parse_date("2026-03-01T15:59:59Z") == date(2026, 3, 1)
    assert parse_date("2026-03-01T16:00:00Z") == date(2026, 3, 2)
    assert parse_date("2026-02-28T20:00:00+00:00") == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text",
    ["2026-03-01 25:00", "2026-03-01 10:75", "2026-03 10:00", "2026-03-01 下午",
        "1/3/2026 下午3:05", "46082", "2026-03-0110:00",
     "2026-03-01T10:00:00+8", "2026-03-01~2026-03-07", "2026年第9周"],
)  # fmt: skip
def test_what_is_no_certain_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a d"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    ["6901234500011", "06901234500011", "６９０１２３４５０００１１", "6901234500011.0",
        "6901234500011.00", "'6901234500011",
     '="6901234500011"', '="06901234500011"', "\u200b6901234500011 ", "\u20186901234500011"],
)  # fmt: skip
def test_one_product_is_one_item_however_its_number_is_written(text: str) -> None:
    assert parse_code(cell(text)) == GTIN


@pytest.mark.parametrize(
    "text",
    ["6.90123E+12", "6.90E+12", "6.9E12", "6,90123E+12", "7E+12", "6.90123e+12",
        "６．９０１２３Ｅ＋１２", "'6.90123E+12", "6.90123450001E+12"],
)  # fmt: skip
def test_a_shortened_number_belongs_to_no_product(text: str) -> None:
    with pytest.raises(ValueError, match="was shortened by a spreadsheet"):
        parse_code(cell(text))


@pytest.mark.parametrize(
    ("text", "item"),
    [("1E5", "1E5"), ("甲酒（500ml）", "甲酒（500ml）"), ("A-17", "A-17"), ("690123450001",
        "690123450001"), ("1022100.0", "1022100"),
     ("012345678905", "00012345678905"), ("6901234500012", "6901234500012"), ("12.5", "12.5"), ("'甲'酒", "'甲'酒")],
)  # fmt: skip
def test_other_names_of_things_stay_as_they_are(text: str, item: str) -> None:
    assert parse_code(cell(text)) == item


@pytest.mark.parametrize(
    ("text", "number"),
    [("１２", "12"), ("１，２３４．５０", "1234.50"), ("－３", "-3"), ("−3", "-3"), ("（３）",
        "-3"), ("￥４９９．００", "499.00"), ("＋6", "6"),
     ("1,234,567", "1234567")],
)  # fmt: skip
def test_full_width_numbers_are_numbers(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1,23", "12,34,567", "1 234", "1e5", "⑥", "六", "6/箱"])
def test_no_number_is_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        parse_number(text)


@pytest.mark.parametrize(
    "unit", ["箱", "件", "提", "盒", "打", "case", "Cases", "CTN", "carton", "box", "dz", "ml", "箱(6瓶)", "EA", "个"]
)
def test_a_unit_that_is_not_the_bottle_is_refused_by_its_name(unit: str) -> None:
    with pytest.raises(ValueError, match="not bottles"):
        check_unit(unit)


def test_bottles_are_bottles_and_no_unit_is_said_to_be_missing() -> None:
    for unit in ("瓶", " 瓶 ", "支", "Bottle", "BTL.", "ｂｏｔｔｌｅ"):
        check_unit(unit)
    with pytest.raises(ValueError, match="is empty"):
        check_unit(" ")
    assert [parse_bottles(text) for text in ("6瓶", "6 支", "12 bottles", "-3瓶")] == [6, 6, 12, -3]
    for text in ("2箱", "2 cases", "３件"):
        with pytest.raises(ValueError, match="not bottles"):
            parse_bottles(text)


@pytest.mark.parametrize(
    "kind",
    [
        "退货",
        "销售退货",
        "退",
        "退回",
        "客户退货单",
        "退货入库",
        "冲红",
        "红字发票",
        "Return",
        "sales return",
        "RMA",
        "Credit Note",
    ],
)
def test_goods_taken_back_are_known(kind: str) -> None:
    assert is_return(kind, about_deals=True)
    assert is_return(kind, about_deals=False)


@pytest.mark.parametrize("kind", ["销售", "销售出库单", "零售", "Sale", "order", ""])
def test_sales_are_known(kind: str) -> None:
    assert not is_return(kind, about_deals=True)


@pytest.mark.parametrize(
    "kind",
    [
        "仅退款",
        "换货",
        "作废",
        "已取消",
        "退货作废",
        "采购退货",
        "赠品",
        "样品",
        "调拨出库",
        "盘亏",
        "Transfer",
        "VOID",
        "purchase return",
    ],
)
def test_what_is_neither_sale_nor_return_is_refused_by_its_name(kind: str) -> None:
    for about_deals in (True, False):
        with pytest.raises(ValueError, match="neither a sale nor a return"):
            is_return(kind, about_deals=about_deals)


def test_a_kind_of_product_is_no_kind_of_deal() -> None:
    assert not is_return("白酒", about_deals=False)
    with pytest.raises(ValueError, match="白酒: neither"):
        is_return("白酒", about_deals=True)


@pytest.mark.parametrize(
    "text",
    [
        "合计",
        "总计：",
        "小计",
        "合  计",
        "本页小计",
        "一店小计",
        "2026年3月合计",
        "合计（瓶）",
        "Total",
        "Grand Total",
        "subtotal:",
        "Store 1 Total",
        "累计",
    ],
)
def test_a_sum_of_rows_is_known_by_its_label(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize("text", ["", "合计酒业", "Total Wine", "甲酒", "Totally", "12"])
def test_a_name_is_no_label_of_a_sum(text: str) -> None:
    assert not is_total(text)
