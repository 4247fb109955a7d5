"""Prices as consumers type them on phones of every kind; what could mean two things is refused."""

import pytest

from backend.money import AmountUnread, parse_fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("", None), ("  ", None), ("　", None),
        ("399", 39_900), ("399.5", 39_950), ("399.50", 39_950), ("399.", 39_900), ("0.5", 50), ("0399", 39_900),
        ("３９９", 39_900), ("３９９．５０", 39_950), ("399。5", 39_950), ("１，２９９", 129_900),
        ("¥399", 39_900), ("￥399", 39_900), ("￥ ３９９", 39_900), ("¥399元", 39_900), ("RMB 399", 39_900),
        ("399元", 39_900), ("399 元", 39_900), ("３９９元", 39_900), ("399块", 39_900), ("399块钱", 39_900),
        ("399元整", 39_900), ("399圆", 39_900), ("399 rmb", 39_900), ("人民币399", 39_900),
        ("399元/瓶", 39_900), ("399元一瓶", 39_900), ("399块每瓶", 39_900),
        ("1,299", 129_900), ("1,299.00", 129_900), ("12,999元", 1_299_900), ("1,234,567", 123_456_700),
        ("399,00", 39_900), ("399,50", 39_950), ("３９９，００", 39_900), ("1299,00", 129_900), ("0,50", 50),
    ],
)  # fmt: skip
def test_a_price_is_read_however_it_is_typed(text: str, fen: int | None) -> None:
    assert parse_fen(text) == fen


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("399,0", "commas"), ("399,", "commas"), (",399", "commas"), ("1,2,3", "commas"),
        ("12,34,567", "commas"), ("1,234,56", "commas"), ("1234,567", "commas"), ("1.234,50", "commas"),
        ("1,2345", "commas"), ("1,,299", "commas"), ("399,00.5", "commas"), ("1,299,", "commas"),
        ("399.505", "decimals"), ("1.2.3", "decimals"), (".5", "decimals"), (".", "decimals"), ("1.299.00", "decimals"),
        ("-5", "signs"), ("－５", "signs"), ("399-499", "signs"), ("约399", "signs"), ("三百九十九", "signs"),
        ("399块5", "signs"), ("39 9", "signs"), ("1e3", "signs"), ("$399", "signs"), ("399美元", "signs"),
        ("٣٩٩", "signs"), ("²", "signs"), ("元", "signs"), ("¥", "signs"), ("9" * 5_000, "signs"), ("4万", "signs"),
    ],
)  # fmt: skip
def test_a_price_that_could_mean_two_things_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(AmountUnread) as refused:
        parse_fen(text)
    assert refused.value.details == {"why": why, "field": "price_yuan"}
