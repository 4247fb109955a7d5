"""A whole list as a file: CSV or XLSX, row by row, in constant memory.

The file is complete, and the transaction that it was read in has ended, before the first byte of it leaves: what goes
wrong is a refusal, never half a file, and a slow reader holds no connection to the database. The file lies unnamed on
disk meanwhile, and some thousand rows at most in memory. How it leaves is `downloads`.
"""

import csv
import io
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from threading import BoundedSemaphore
from typing import IO, Any, Generic, TypeVar
from unicodedata import category, normalize

import xlsxwriter
from fastapi import Request
from fastapi.responses import StreamingResponse
from limits import RateLimitItemPerMinute
from psycopg.errors import QueryCanceled
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.china_time import in_china
from backend.db.paging import Joined, Listing
from backend.errors import Refused, TooMany, Unavailable
from backend.web import vocabulary
from backend.web.downloads import SHARE, Downloads
from backend.web.i18n import Catalogue, catalogue, language_of
from backend.web.lists import ListQuery
from backend.web.requests import asker

T = TypeVar("T")
Cell = str | int | float | Decimal | datetime | date | None
ROWS_MOST = 500_000
"""Rows of a file; a sheet of Excel holds about twice as many."""
_AT_ONCE = BoundedSemaphore(SHARE + 1)
"""Files that are written at once; nobody's share is all of them."""
_FORMULA = frozenset("=+-@")
_BREAKS = frozenset("\t\r\n")


class TooManyRows(Refused):
    """The list has more rows than one file may hold; narrow it by its filters."""


class FileTakesTooLong(Refused):
    """This list takes too long to be written; narrow it by its filters."""


@dataclass(frozen=True)
class Field(Generic[T]):
    """A column of a file: its heading (a text of the catalogues), and its cell of a row.

    A cell that is a state, a role or a step names its `kind` of the vocabulary and is written in the reader's words;
    several stand in one cell. Yes and no are words as well.
    """

    title: str
    cell: Callable[[T], Cell | Collection[str]]
    kind: str = ""

    def heading(self, language: str) -> str:
        """What the column is called: of one, where English has a word of its own for many."""
        return catalogue(language).pgettext("one", self.title)

    def said(self, row: T, language: str) -> Cell:
        """The cell of a row as the file has it. Raises NoWord where a state has no word, or its column no kind."""
        return _said(self.cell(row), self.kind, language, catalogue(language))


def _said(found: Cell | Collection[str], kind: str, language: str, words: Catalogue) -> Cell:
    if found is None or found == "":
        return None
    if isinstance(found, bool):
        return words.pgettext("cell", "是" if found else "否")
    if kind and isinstance(found, str | IntEnum):
        return vocabulary.say(kind, found, language)
    if isinstance(found, StrEnum | IntEnum):
        raise vocabulary.NoWord(f"{type(found).__name__}.{found.name}: the column names no kind")
    if isinstance(found, str | int | float | Decimal | datetime | date):
        return found
    each = [vocabulary.say(kind, one, language) for one in sorted(found)] if kind else found
    return words.gettext("、").join(each)


def exported(
    request: Request,
    session: Session,
    name: str,
    listing: Listing[T] | Joined[T],
    query: ListQuery,
    fields: Sequence[Field[T]],
) -> StreamingResponse:
    """The whole list as the file that the query asks for, with the sort and the filters of the page.

    Raises:
        TooManyRows: more than `ROWS_MOST`.
        FileTakesTooLong: it is not written within the seconds that the settings allow.
        TooMany: this log-in asked for more files in a minute than it may have.
        FilesUnderWay: as many of its files as may are being written, or leaving.
        Unavailable: other files are being written, or leaving; the same request may work in a moment.
    """
    asked, who = query.asked(), asker(request)
    most = request.app.state.settings.web.files_per_minute
    if not request.app.state.limiter.hit(RateLimitItemPerMinute(most), "export", who):
        raise TooMany(limit=most)
    downloads: Downloads = request.app.state.downloads
    with ExitStack() as undo:
        undo.callback(downloads.give_back, downloads.take(who))
        file = undo.enter_context(tempfile.TemporaryFile())
        with _writing(), _bounded(session, request.app.state.settings.web.file_seconds) as in_time:
            rows = listing.total(session)
            if rows > ROWS_MOST:
                raise TooManyRows(rows=rows, most=ROWS_MOST)
            language = language_of(request)
            titles = [field.heading(language) for field in fields]
            found = (row for chunk in in_time(listing.chunks(session, asked)) for row in chunk)
            cells = ([field.said(row, language) for field in fields] for row in found)
            (write_xlsx if query.format == "xlsx" else write_csv)(file, titles, cells)
        end = undo.pop_all().close
    form = query.format or "csv"
    return downloads.answer(file, f"{name}.{form}", _TYPES[form], end)


@contextmanager
def _writing() -> Iterator[None]:
    """One of the files that are written at once. Raises Unavailable: as many as may are."""
    if not _AT_ONCE.acquire(blocking=False):
        raise Unavailable("other files are being written")
    try:
        yield
    finally:
        _AT_ONCE.release()


@contextmanager
def _bounded(session: Session, seconds: float) -> Iterator[Callable[[Iterator[T]], Iterator[T]]]:
    """Within it no statement runs on beyond the seconds, nor are more chunks taken. Raises FileTakesTooLong."""
    deadline = time.monotonic() + seconds
    too_long = FileTakesTooLong(seconds=round(seconds))

    def in_time(chunks: Iterator[T]) -> Iterator[T]:
        for chunk in chunks:
            if time.monotonic() > deadline:
                raise too_long
            yield chunk

    session.execute(select(func.set_config("statement_timeout", f"{max(1, round(seconds * 1000))}ms", True)))
    try:
        yield in_time
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise too_long from error
        raise


_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for a formula, made a text again by an apostrophe in front (CWE-1236).

    Signs count in every width (＝ as =), and behind what cannot be seen: some spreadsheets read over both.
    """
    shown = next((at for at, each in enumerate(text) if category(each)[0] not in "ZC"), len(text))
    is_formula = normalize("NFKC", text[shown : shown + 1]) in _FORMULA or not _BREAKS.isdisjoint(text[:shown])
    return f"'{text}" if is_formula else text


def _plain(cell: Cell) -> str | int | float | Decimal:
    """A cell as CSV has it: times in China Standard Time to the second."""
    if isinstance(cell, datetime):
        return in_china(cell).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else cell


def write_csv(file: IO[bytes], titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write CSV (RFC 4180) in UTF-8, with the mark in front by which Excel knows it.

    Texts stand in quotes, so that a sign which some programs part cells by begins no new one; numbers stand as such.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([harmless(title) for title in titles])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    text.flush()
    text.detach()


def _sort(cell: Cell) -> type:
    """What a cell is written as: a word of a state is a text, a moment is no mere day."""
    return next(sort for sort in (str, int, float, Decimal, datetime, date) if isinstance(cell, sort))


def write_xlsx(file: IO[bytes], titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write one sheet: texts as texts (a GLN keeps its zeros, a formula stays words), numbers and times as such."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options | {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(titles) - 1, 20)
    sheet.write_row(0, 0, titles, book.add_format({"bold": True}))
    write: dict[type, Any] = {
        str: lambda at, n, cell: sheet.write_string(at, n, harmless(cell)),
        int: sheet.write_number,
        float: sheet.write_number,
        Decimal: sheet.write_number,
        datetime: lambda at, n, cell: sheet.write_datetime(at, n, in_china(cell).replace(tzinfo=None)),
        date: sheet.write_datetime,
    }
    for at, row in enumerate(rows, 1):
        for number, cell in enumerate(row):
            if cell is not None and cell != "":
                write[_sort(cell)](at, number, cell)
    book.close()
