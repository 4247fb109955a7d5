"""What people type to find something: as they write it, in capitals or not, in the full width of a Chinese keyboard."""

from typing import Final
from unicodedata import normalize

from sqlalchemy import ColumnElement, func, literal_column

_FORM: Final = "NFKC"


def typed(words: str) -> str:
    """Search words in one form: full-width letters and digits as plain ones, nothing around them."""
    return normalize(_FORM, words).strip()


def holds(column: ColumnElement[object], words: str) -> ColumnElement[bool]:
    """Whether a text holds words, however either is written; for what `typed` gave."""
    return func.normalize(column, literal_column(_FORM)).icontains(words, autoescape=True)


def begins(column: ColumnElement[object], words: str) -> ColumnElement[bool]:
    """Whether a number begins with digits, which people write in groups; for what `typed` gave."""
    return column.startswith("".join(words.split()), autoescape=True)
