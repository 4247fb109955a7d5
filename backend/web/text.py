"""Text as it comes in: bounded, and without the one character that no text of ours can hold.

PostgreSQL's texts hold every character but U+0000. Nobody types it, so whatever holds one is refused before anything
looks at it: in an address, in a query, in a field of a form. What JSON brings is judged by its own shapes, and refused
here when the database would not take it.
"""

from urllib.parse import unquote_to_bytes

from fastapi import Request
from sqlalchemy.exc import DataError
from starlette.datastructures import FormData

from backend.errors import Malformed

FIELD_MOST = 20_000
"""Characters of one field of a form; a field that needs less says so itself."""


class TextNotReadable(Malformed):
    """A null character is in what was sent; no text holds one. Please type it anew."""


class TextTooLong(Malformed):
    """A field of this form is far too long."""


async def check_text(request: Request) -> None:
    """Refuse a request whose address, query or form holds what is no text; a dependency of every route.

    Raises:
        TextNotReadable: with the `field`.
        TextTooLong: with the `field` and the bound.
    """
    if "\0" in request.url.path or "\0" in request.scope["path"]:
        raise TextNotReadable(field="path")
    if b"\0" in unquote_to_bytes(request.scope["query_string"]):
        raise TextNotReadable(field="query")
    taken = getattr(request, "_form", None)  # only what the route takes as a form: another body is not ours to read
    if isinstance(taken, FormData):
        _check_form(taken)


def _check_form(form: FormData) -> None:
    for name, value in form.multi_items():
        text = value if isinstance(value, str) else value.filename or ""
        if "\0" in name or "\0" in text:
            raise TextNotReadable(field=name.replace("\0", "")[:100])
        if len(text) > FIELD_MOST:
            raise TextTooLong(field=name[:100], most=FIELD_MOST)


def is_null_character(error: DataError) -> bool:
    """Whether the database refused a text because of its null character."""
    return "NUL (0x00)" in str(error.orig) or "\\u0000" in str(error.orig)
