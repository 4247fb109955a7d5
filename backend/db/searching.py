"""What people type to find something: as they write it, in capitals or not, in the full width of a Chinese keyboard."""

from collections.abc import Collection
from typing import Final
from unicodedata import normalize

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, literal_column

_FORM: Final = "NFKC"


def typed(words: str) -> str:
    """Search words in one form: full-width letters and digits as plain ones, nothing around them."""
    return normalize(_FORM, words).strip()


def holds(column: ColumnElement[object], words: str) -> ColumnElement[bool]:
    """Whether a text holds words, however either is written; for what `typed` gave."""
    return func.normalize(column, literal_column(_FORM)).icontains(words, autoescape=True)


def is_among(column: ColumnElement[object], keys: Collection[str]) -> ColumnElement[bool]:
    """Whether a text is one of many, which are handed over as one array: a thousand parameters take longer to write
    and to read than the search takes."""
    return column == any_(literal(sorted(keys), ARRAY(Text)))


def begins(column: ColumnElement[object], words: str) -> ColumnElement[bool]:
    """Whether a number begins with digits, which people write in groups; for what `typed` gave."""
    return column.startswith("".join(words.split()), autoescape=True)
