"""How a row of somebody's sales table becomes a sale, or a reason why not. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar

from backend.errors import Malformed
from backend.integrations import quantities, values
from backend.integrations.column_names import ANY_KIND, BOTTLES_BY_NAME, FIELDS, NEEDED, SYNONYMS
from backend.integrations.values import Unread
from backend.money import narrow

_T = TypeVar("_T")
NOWHERE = "-"
"""Store of a table that names none: it sums all of them."""


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
    """Which column of the file stands for which field; `returned` bottles and `refunded` money are taken off a sale."""

    columns: Mapping[str, int]
    header: tuple[str, ...]

    def name(self, field: str) -> str:
        """Name of a field's column as the file writes it."""
        return self.header[self.columns[field]]

    @property
    def unread(self) -> list[str]:
        """Names of the columns that stand for nothing."""
        read = set(self.columns.values())
        return [name for at, name in enumerate(self.header) if name.strip() and at not in read]


def _plain(name: str) -> str:
    return re.sub(r"[\s\-./]+", "_", values.cell(name).lower())


def map_header(header: Sequence[str], stated: Mapping[str, str]) -> Columns:
    """Find the fields among the columns: as stated, else by what tables usually call them.

    Raises:
        ColumnsUnknown: a needed field has no column, or a stated one is not there.
        ColumnMappedTwice: two fields are stated to be the same column.
        QuantitiesUnclear: several columns count the goods, and how they belong together is not said.
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
    for field in FIELDS[:-2]:
        if field not in found:
            names = (name for name in SYNONYMS[field] if name in plain and plain.index(name) not in found.values())
            if (name := next(names, None)) is not None:
                found[field] = plain.index(name)
    found |= quantities.find_returned(plain, found)
    if missing := [field for field in NEEDED if field not in found]:
        raise ColumnsUnknown(f"no column for {', '.join(missing)}; the table has: {', '.join(header)}", missing=missing)
    quantities.check(plain, header, found, stated)
    if _is_of_another(found, plain):
        del found["unit"]
        if "returned" in found and not quantities.counts_bottles(plain[found["returned"]]):
            quantities.refuse_returned(header, found)
    return Columns(found, tuple(header))


def _is_of_another(found: Mapping[str, int], plain: Sequence[str]) -> bool:
    """Whether the unit belongs to a quantity beside the one that is read: 数量, 单位 and 瓶数 in one table."""
    if "unit" not in found or "bottles" not in found or plain[found["bottles"]] not in BOTTLES_BY_NAME:
        return False
    return any(name in SYNONYMS["bottles"] and name not in BOTTLES_BY_NAME for name in plain)


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
    """Whether a row sums others up: its label stands in its first cell that holds something, or where a name would.

    In a row with all that a sale has, only what can be no name is such a label: a customer may be called Total.
    """
    first = next((each for each in row if each.strip()), "")
    labels = [values.cell(each) for each in (first, *_named(row, mapping))]
    says = values.is_sum if _is_whole(row, mapping) else values.is_total
    return any(says(each) for each in labels)


def _named(row: Sequence[str], mapping: Columns) -> list[str]:
    places = (mapping.columns.get(field, len(row)) for field in ("date", "store", "item"))
    return [row[at] for at in places if at < len(row)]


def _is_whole(row: Sequence[str], mapping: Columns) -> bool:
    """Whether a row has a day, its store, an item and a quantity, whether or not they can be read."""
    if len(row) != len(mapping.header):
        return False
    needed = [mapping.columns[field] for field in ("date", "store", "item", "bottles") if field in mapping.columns]
    return all(row[at].strip() for at in needed) and not values.is_total(values.cell(row[mapping.columns["date"]]))


def parse_row(row: Sequence[str], line: int, mapping: Columns, *, today: date) -> Sale | RowError:
    """The sale of a row, or the first thing that is wrong with it."""
    if len(row) != len(mapping.header):
        has, wanted = len(row), len(mapping.header)
        told = f"has {has} columns, the header has {wanted}", f"有 {has} 列，表头有 {wanted} 列"
        return RowError(line, "", ",".join(row)[:80], *told)
    if "\x00" in "".join(row):
        return RowError(line, "", "", "holds a null character", "含有空字符")
    text = {field: values.cell(row[at]) for field, at in mapping.columns.items()}
    if text.get("returned") and not text["bottles"]:
        text["bottles"] = "0"
    cells = _Cells(text, mapping)
    try:
        return _sale(cells, today)
    except Unread as error:
        return RowError(line, mapping.name(cells.field), text[cells.field][:80], str(error), error.chinese)


class _Cells:
    """The cells of a row; `field` is the one that was looked at last."""

    def __init__(self, text: Mapping[str, str], mapping: Columns) -> None:
        self.field = ""
        self._text, self._mapping = text, mapping

    def need(self, field: str, parse: Callable[[str, Columns], _T]) -> _T:
        """The value of a field that every table has.

        Raises:
            Unread: its cell cannot be understood.
        """
        self.field = field
        return parse(self._text[field], self._mapping)

    def read(self, field: str, parse: Callable[[str, Columns], _T], without: _T) -> _T:
        """As `need`, or `without` where the table has no such column."""
        return self.need(field, parse) if field in self._text else without


def _sale(cells: _Cells, today: date) -> Sale:
    """In this order, so that the reason that is told is the same whatever the order of the columns."""
    on = cells.need("date", lambda text, _: values.parse_date(text))
    store, item = cells.read("store", _code, NOWHERE), cells.need("item", _item)
    bottles = cells.need("bottles", lambda text, _: values.parse_bottles(text))
    cells.read("unit", lambda text, _: values.check_unit(text), None)
    returned, takes_back = cells.read("returned", _returned, 0), cells.read("kind", _is_return, False)
    amount, refunded = cells.read("amount", _amount, None), cells.read("refunded", _refunded, Decimal(0))
    document = cells.read("document", lambda text, _: text or None, None)
    if on > today:
        cells.field = "date"
        raise Unread("lies in the future", "日期还没到")
    if takes_back and returned and bottles:
        cells.field = "returned"
        raise Unread("counts goods taken back once more than the row does", "这一行本身已是退货，又另写了退货数量")
    if takes_back:  # a table that writes goods taken back below zero already says it twice
        bottles, amount = -abs(bottles), None if amount is None else -abs(amount)
    if amount is not None or refunded:
        amount = (amount or Decimal(0)) - refunded
    return Sale(on, store, item, bottles - returned, amount, document)


def _code(text: str, _: Columns) -> str:
    if not text:
        raise Unread("is empty", "是空的")
    return values.parse_code(text)


def _amount(text: str, _: Columns) -> Decimal | None:
    amount = values.parse_number(text) if text else None
    if amount is not None and abs(amount) >= 10**13:
        raise Unread("is more than anybody can pay", "金额大得不可能")
    return amount


def _item(text: str, mapping: Columns) -> str:
    if values.is_total(text):  # the rest of the row is whole: a sum by day or store, or a thing of that name
        raise Unread(
            "is the label of a sum, though the row has all that a sale has; take the row out, or write the item's code",
            "像是合计行，但这一行别的内容又齐全：请删去这一行，或改写为商品编码",
        )
    return _code(text, mapping)


def _returned(text: str, _: Columns) -> int:
    """Bottles taken back, written above or below zero."""
    return abs(values.parse_bottles(text)) if text else 0


def _refunded(text: str, mapping: Columns) -> Decimal:
    return abs(_amount(text, mapping) or Decimal(0))


def _is_return(text: str, mapping: Columns) -> bool:
    return values.is_return(text, about_deals=_plain(mapping.name("kind")) not in ANY_KIND)


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
