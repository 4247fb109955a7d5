"""How a row of somebody's sales table becomes a sale, or a reason why not. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from backend.errors import Malformed
from backend.integrations import values
from backend.integrations.values import Unread
from backend.money import narrow

FIELDS = ("date", "store", "item", "bottles", "amount", "document", "unit", "kind")
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
        "bottles bottles_sold 瓶数 销售瓶数 数量(瓶) 数量（瓶） qty quantity units units_sold count pieces "
        "数量 销量 销售数量 出库数量 基本单位数量"
    ),
    "amount": _words(
        "sale sales sale_usd amount total revenue value sale_dollars turnover "
        "金额 销售额 销售金额 含税金额 价税合计 总金额 总价"
    ),
    "document": _words(
        "invoice invoice_number order order_number document receipt ticket 单号 单据号 单据编号 订单号 小票号 发票号"
    ),
    "unit": _words("unit uom unit_of_measure sales_unit 单位 计量单位 销售单位 数量单位 包装单位 基本单位"),
    "kind": _words(
        "sale_type sales_type transaction_type order_type document_type doc_type invoice_type "
        "单据类型 单据类别 业务类型 交易类型 订单类型 销售类型 出入库类型 出库类型 类型 类别 type"
    ),
}
"""Names of columns as tables of this trade write them; the first of a field is the most telling."""

_BOTTLES_BY_NAME = frozenset(_words("bottles bottles_sold 瓶数 销售瓶数 数量(瓶) 数量（瓶）"))
# These may also say what kind of thing the item is.
_ANY_KIND = frozenset({"类型", "类别", "type"})
HEADER_ROWS = 20
"""Rows among which the header is looked for: titles and the like stand above it."""


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
    """Why a row was not taken: line of the file (the header is line 1), column by its name there, and the reason in
    English and Chinese."""

    line: int
    column: str
    value: str
    reason: str
    reason_zh: str


@dataclass(frozen=True)
class Columns:
    """Which column of the file stands for which field."""

    columns: Mapping[str, int]
    header: tuple[str, ...]

    def name(self, field: str) -> str:
        """Name of a field's column as the file writes it."""
        return self.header[self.columns[field]]


def _plain(name: str) -> str:
    return re.sub(r"[\s\-./]+", "_", values.cell(name).lower())


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
    if _is_of_another(found, plain):
        del found["unit"]
    if missing := [field for field in NEEDED if field not in found]:
        raise ColumnsUnknown(f"no column for {', '.join(missing)}; the table has: {', '.join(header)}", missing=missing)
    return Columns(found, tuple(header))


def _is_of_another(found: Mapping[str, int], plain: Sequence[str]) -> bool:
    """Whether the unit belongs to a quantity beside the one that is read: 数量, 单位 and 瓶数 in one table."""
    if "unit" not in found or "bottles" not in found or plain[found["bottles"]] not in _BOTTLES_BY_NAME:
        return False
    return any(name in SYNONYMS["bottles"] and name not in _BOTTLES_BY_NAME for name in plain)


_EVERY_NAME = frozenset(name for names in SYNONYMS.values() for name in names)


def find_header(rows: Sequence[Sequence[str]], stated: Mapping[str, str]) -> tuple[int, Columns]:
    """Place and columns of the header: the first of these rows in which every needed column is found.

    Raises:
        ColumnsUnknown: there is none; it speaks of the row that comes nearest.
        ColumnMappedTwice: two fields are stated to be the same column.
    """
    nearest: tuple[int, ColumnsUnknown] | None = None
    for at, row in enumerate(rows):
        try:
            return at, map_header(row, stated)
        except ColumnsUnknown as error:
            known = sum(_plain(name) in _EVERY_NAME or name in stated.values() for name in row)
            if nearest is None or known > nearest[0]:
                nearest = known, error
    assert nearest is not None, "a table has a row"
    raise nearest[1]


def is_total(row: Sequence[str], mapping: Columns) -> bool:
    """Whether a row sums others up: its label stands in its first cell that holds something, or where a name would."""
    named = [
        row[mapping.columns[field]]
        for field in ("date", "store", "item")
        if mapping.columns.get(field, 10**6) < len(row)
    ]
    first = next((each for each in row if each.strip()), "")
    return any(values.is_total(values.cell(each)) for each in (first, *named))


def parse_row(row: Sequence[str], line: int, mapping: Columns, *, today: date) -> Sale | RowError:
    """The sale of a row, or the first thing that is wrong with it."""
    if len(row) != len(mapping.header):
        has, wanted = len(row), len(mapping.header)
        told = f"has {has} columns, the header has {wanted}", f"有 {has} 列，表头有 {wanted} 列"
        return RowError(line, "", ",".join(row)[:80], *told)
    if "\x00" in "".join(row):
        return RowError(line, "", "", "holds a null character", "含有空字符")
    text = {field: values.cell(row[at]) for field, at in mapping.columns.items()}
    field = ""
    read: dict[str, Any] = {}
    try:
        for field in _ORDER:
            if field in text:
                read[field] = _READ[field](text[field], mapping)
        field = "date"
        if read["date"] > today:
            raise Unread("lies in the future", "日期还没到")
    except Unread as error:
        return RowError(line, mapping.name(field), text[field][:80], str(error), error.chinese)
    return _sale(read)


def _sale(read: Mapping[str, Any]) -> Sale:
    bottles, amount = read["bottles"], read.get("amount")
    if read.get("kind"):  # goods taken back; a table that writes them below zero already says it twice
        bottles, amount = -abs(bottles), None if amount is None else -abs(amount)
    return Sale(read["date"], read.get("store", NOWHERE), read["item"], bottles, amount, read.get("document"))


def _code(text: str, _: Columns) -> str:
    if not text:
        raise Unread("is empty", "是空的")
    return values.parse_code(text)


def _amount(text: str, _: Columns) -> Decimal | None:
    amount = values.parse_number(text) if text else None
    if amount is not None and abs(amount) >= 10**13:
        raise Unread("is more than anybody can pay", "金额大得不可能")
    return amount


def _is_return(text: str, mapping: Columns) -> bool:
    return values.is_return(text, about_deals=_plain(mapping.name("kind")) not in _ANY_KIND)


# In this order, so that the reason that is told is the same whatever the order of the columns.
_ORDER = ("date", "store", "item", "bottles", "unit", "kind", "amount", "document")
_READ: Mapping[str, Callable[[str, Columns], Any]] = {
    "date": lambda text, _: values.parse_date(text),
    "store": _code,
    "item": _code,
    "bottles": lambda text, _: values.parse_bottles(text),
    "unit": lambda text, _: values.check_unit(text),
    "kind": _is_return,
    "amount": _amount,
    "document": lambda text, _: text or None,
}


def row_hash(sale: Sale, nth: int) -> bytes:
    """What makes a row known again: its values, and how many equal rows came before it in its file.

    So a table that is imported twice counts once, and two equal sales of one day in one table count as two.
    A GTIN counts with its 13 digits, as most tables write it.
    """
    item = sale.item[1:] if len(sale.item) == 14 and sale.item.isdigit() and sale.item[0] == "0" else sale.item
    amount = "" if sale.amount is None else format(sale.amount.normalize(), "f")
    parts = (sale.on.isoformat(), sale.store, item, str(sale.bottles), amount, sale.document or "", str(nth))
    return sha256("\x1f".join(parts).encode()).digest()


def today_of(now: datetime) -> date:
    """The latest day on which something can have been sold anywhere by now."""
    return date.fromordinal(now.date().toordinal() + 1)


def name_of(store: str) -> str:
    """A store's name or GLN as names are compared: width, case and spaces do not matter; a GLN by its 13 digits."""
    plain = re.sub(r"\s+", "", narrow(store)).casefold()
    return plain[1:] if len(plain) == 14 and plain.isdigit() and plain[0] == "0" else plain
