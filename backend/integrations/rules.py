"""How a row of somebody's sales table becomes a sale, or a reason why not. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256

from backend.errors import Malformed

FIELDS = ("date", "store", "item", "bottles", "amount", "document")
NEEDED = ("date", "item", "bottles")
NOWHERE = "-"
"""Store of a table that names none: it sums all of them."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "date": _words(
        "date day month week sold_on sale_date order_date invoice_date transaction_date business_date period "
        "日期 销售日期 单据日期 开单日期 订单日期 业务日期 交易日期 出库日期 月份 年月 周"
    ),
    "store": _words(
        "store store_number store_no store_id store_name shop outlet customer customer_name region zip3 zip zipcode "
        "门店 门店名称 门店编码 店铺 店名 终端 客户 客户名称 客户编码 网点 区域 地区 往来单位 购货单位"
    ),
    "item": _words(
        "item item_number item_no sku product product_code product_name article gtin barcode ean "
        "产品 商品 品名 货品 物料 物料编码 产品编码 产品名称 商品编码 商品名称 货号 条码 商品条码 存货编码 存货名称"
    ),
    "bottles": _words(
        "bottles bottles_sold qty quantity units units_sold count pieces "
        "数量 瓶数 销量 销售数量 销售瓶数 数量(瓶) 数量（瓶） 出库数量 基本单位数量"
    ),
    "amount": _words(
        "sale sales sale_usd amount total revenue value sale_dollars turnover "
        "金额 销售额 销售金额 含税金额 价税合计 总金额 总价"
    ),
    "document": _words(
        "invoice invoice_number order order_number document receipt ticket 单号 单据号 单据编号 订单号 小票号 发票号"
    ),
}
"""Names of columns as tables of this trade write them; the first of a field is the most telling."""

BOTTLES_MAX = 2**53


class ColumnsUnknown(Malformed):
    """The table lacks a column that is needed; name it with --map field=column."""


class ColumnMappedTwice(Malformed):
    """One column cannot stand for two fields."""


@dataclass(frozen=True)
class Sale:
    """A row as read. Bottles may be below zero: goods taken back. The amount is in the table's own currency."""

    on: date
    store: str
    item: str
    bottles: int
    amount: Decimal | None
    document: str | None


@dataclass(frozen=True)
class RowError:
    """Why a row was not taken: line of the file (the header is line 1), column by its name there, and the reason."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Columns:
    """Which column of the file stands for which field."""

    columns: Mapping[str, int]
    header: tuple[str, ...]

    def name(self, field: str) -> str:
        """Name of a field's column as the file writes it."""
        return self.header[self.columns[field]]


def _plain(name: str) -> str:
    return re.sub(r"[\s\-./]+", "_", name.strip().lower().lstrip("\ufeff"))


def map_header(header: Sequence[str], stated: Mapping[str, str]) -> Columns:
    """Find the fields among the columns: as stated, else by what tables usually call them.

    Raises:
        ColumnsUnknown: a needed field has no column, or a stated one is not there.
        ColumnMappedTwice: two fields are stated to be the same column.
    """
    plain = [_plain(name) for name in header]
    found: dict[str, int] = {}
    for field, column in stated.items():
        if field not in FIELDS:
            raise ColumnsUnknown(f"{field} is none of {', '.join(FIELDS)}", field=field)
        if _plain(column) not in plain:
            raise ColumnsUnknown(f"the table has no column {column!r}; it has: {', '.join(header)}", field=field)
        found[field] = plain.index(_plain(column))
    if len(set(found.values())) < len(found):
        raise ColumnMappedTwice(columns=sorted(stated.values()))
    for field in FIELDS:
        if field not in found:
            names = (name for name in SYNONYMS[field] if name in plain and plain.index(name) not in found.values())
            if (name := next(names, None)) is not None:
                found[field] = plain.index(name)
    if missing := [field for field in NEEDED if field not in found]:
        raise ColumnsUnknown(f"no column for {', '.join(missing)}; the table has: {', '.join(header)}", missing=missing)
    return Columns(found, tuple(header))


_DATE = re.compile(r"(?a)(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?(?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?")
_COMPACT = re.compile(r"(?a)(\d{4})(\d\d)(\d\d)?")


def parse_date(text: str) -> date:
    """A day, or the first day of a month. ValueError says what is wrong.

    Written as 2022-08-30, 2022/8/30, 2022.8.30, 2022年8月30日, 20220830, 2022-08, 2022年8月, each with a time or not.
    Days that come first or months that come first are not guessed at.
    """
    match = _COMPACT.fullmatch(text) or _DATE.fullmatch(text)
    if match is None:
        raise ValueError("is not a date like 2026-03-18")
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError("is not a day of the calendar") from error


_NUMBER = re.compile(r"(?a)[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+")


def parse_number(text: str) -> Decimal:
    """A number with a point for decimals and commas between thousands, or none; currency signs are dropped."""
    bare = text.strip().strip("¥￥$€").removesuffix("元").removesuffix("瓶").strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if not _NUMBER.fullmatch(bare):
        raise ValueError("is not a number")
    try:
        return Decimal(bare.replace(",", ""))
    except InvalidOperation as error:
        raise ValueError("is not a number") from error


def parse_bottles(text: str) -> int:
    """A whole number of bottles."""
    number = parse_number(text)
    if number != number.to_integral_value():
        raise ValueError("is not a whole number of bottles")
    if abs(number) > BOTTLES_MAX:
        raise ValueError("is more than anybody can sell")
    return int(number)


def parse_row(row: Sequence[str], line: int, mapping: Columns, *, today: date) -> Sale | RowError:
    """The sale of a row, or the first thing that is wrong with it."""
    if len(row) != len(mapping.header):
        return RowError(line, "", ",".join(row)[:80], f"has {len(row)} columns, the header has {len(mapping.header)}")
    text = {field: row[at].strip() for field, at in mapping.columns.items()}
    field = "date"
    try:
        on = parse_date(text["date"])
        if on > today:
            raise ValueError("lies in the future")
        field = "store"
        if "store" in text and not text["store"]:
            raise ValueError("is empty")
        field = "item"
        if not text["item"]:
            raise ValueError("is empty")
        field = "bottles"
        bottles = parse_bottles(text["bottles"])
        field = "amount"
        amount = parse_number(text["amount"]) if text.get("amount") else None
        if amount is not None and abs(amount) >= 10**13:
            raise ValueError("is more than anybody can pay")
    except ValueError as error:
        return RowError(line, mapping.name(field), text[field][:80], str(error))
    if "\x00" in "".join(row):
        return RowError(line, "", "", "holds a null character")
    return Sale(on, text.get("store", NOWHERE), text["item"], bottles, amount, text.get("document") or None)


def row_hash(sale: Sale, nth: int) -> bytes:
    """What makes a row known again: its values, and how many equal rows came before it in its file.

    So a table that is imported twice counts once, and two equal sales of one day in one table count as two.
    """
    amount = "" if sale.amount is None else format(sale.amount.normalize(), "f")
    parts = (sale.on.isoformat(), sale.store, sale.item, str(sale.bottles), amount, sale.document or "", str(nth))
    return sha256("\x1f".join(parts).encode()).digest()


def today_of(now: datetime) -> date:
    """The latest day on which something can have been sold anywhere by now."""
    return date.fromordinal(now.date().toordinal() + 1)
