"""Log lines of a process: one a happening, as text for people or as JSON for machines, with no secret in them.

What is a secret is told at the start (keys, passwords, tokens); besides, whatever looks like one is left out: the user,
path secrets and query of an address, tokens after their word, and the values of a database's complaint.
"""

import json
import logging
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

FORMS = ("text", "json")
HIDDEN = "…"
_SHORT = 6
"""A secret shorter than this is no word to search for: it would be hidden in the middle of others."""
_LONGEST = 20_000
"""Characters of a message or traceback that are written; a node may answer with any number of them."""
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}
_VALUE = r"""(?:\\"(?:[^"\\]|\\[^"])*+(?:\\")?|"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?|[^\s,;&"')]+)"""
"""What stands after a secret's name: all within quotes, or to the text's end where they do not close; else a word."""
_LOOKS = (
    ("cookie", re.compile(r"(?i)(\bcookie\s{0,3}[:=]\s{0,3})[^\s\"'][^\n\"']*"), rf"\1{HIDDEN}"),
    # A user and password, in which any sign may stand that was not escaped.
    ("://", re.compile(r"(?<=://)[^\s:/@\"'<>]{0,100}:[^\s\"'<>]{1,300}@"), HIDDEN + "@"),
    ("://", re.compile(r"(?<=://)[^\s/@]{1,200}@"), HIDDEN + "@"),
    ("://", re.compile(r"(://[^\s?#\"'<>]{1,500})[?#][^\s\"'<>)]*"), rf"\1?{HIDDEN}"),
    ("bearer", re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    ("basic", re.compile(r"(?i)\b(basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    *(
        (word, re.compile(rf"""(?is)({word}\\?["']?\s{{0,3}}[:=]\s{{0,3}}){_VALUE}"""), rf"\1{HIDDEN}")
        for word in ("password", "passwd", "passphrase", "token", "secret", "key", "cookie")
    ),
)
"""What a secret looks like: a word without which it is not there, where it is, and what is written instead."""
_LABELS = (
    "DETAIL", "HINT", "CONTEXT", "QUERY", "STATEMENT", "PARAMETERS", "LINE",
    "描述", "详细信息", "提示", "背景", "上下文", "查询", "语句", "参数",
)  # fmt: skip
_LABEL = rf"(?:(?:{'|'.join(_LABELS)})(?: \d+)?[:：]|(?<=\n)[^\W\d_]{{2,20}}:(?=  ))"
"""Beginnings of those parts: in languages we know, and by PostgreSQL's two blanks in others."""
_AFTER = r"\n\(Background|\n\n(?:The above|During handling)|\nTraceback|\Z"
_COMPLAINTS = (
    # Every part of PostgreSQL's word beside the first line quotes rows, keys, parameters or statements.
    (re.compile(rf"\b({_LABEL})\s.*?(?=\n{_LABEL}|\n\[SQL|\n\[parameters|{_AFTER})", re.DOTALL), rf"\1 {HIDDEN}"),
    # And SQLAlchemy tells what a statement was run with.
    (re.compile(rf"(\[parameters: ).*?(?={_AFTER})", re.DOTALL), rf"\1{HIDDEN}]"),
    (
        re.compile(rf"(\[(?:generated|cached|raw|no key|caching)\b[^]\n]{{0,80}}] ).*?(?={_AFTER})", re.DOTALL),
        rf"\1{HIDDEN}",
    ),
)
_FIRST_PART = re.compile(
    rf"(psycopg\.(?:errors\.)?(\w+)\)?:?)(.*?)(?=\n{_LABEL}|\n\[SQL|\n\[parameters|{_AFTER})", re.DOTALL
)
"""What comes before those parts: mostly one line, and more where what somebody typed had more."""
_QUOTED = re.compile(r"\"(?:.*\"|.*)", re.DOTALL)
_NAMES_ONLY = re.compile(r"Undefined|Duplicate|Ambiguous|Syntax|Privilege|\w+Violation$|Operational")
"""Errors whose first part quotes names of ours; that of all others quotes what somebody typed."""
_WORDED_FREELY = frozenset({"RaiseException"})
"""Errors whose first part may say anything without quoting it."""
_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Every line written inside says these facts too, such as the id of a request."""
    token = _about.set({**(_about.get() or {}), **facts})
    try:
        yield
    finally:
        _about.reset(token)


class Redaction:
    """Leaves secrets out of texts."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = {secret for each in secrets for secret in (each, each.removeprefix("0x")) if len(secret) >= _SHORT}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if known else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        text = _without_complaints(text)
        if len(text) > _LONGEST:
            text = f"{text[: _LONGEST // 2]} {HIDDEN} {text[-_LONGEST // 2 :]}"
        lower = text.lower()
        for word, look, instead in _LOOKS:
            if word in lower:
                text = look.sub(instead, text)
        return text


def _without_complaints(text: str) -> str:
    """A text without the values that a database quotes when it refuses them."""
    for look, instead in _COMPLAINTS:
        text = look.sub(instead, text)
    return _FIRST_PART.sub(_first_part, text) if "psycopg." in text else text


def _first_part(found: re.Match[str]) -> str:
    error, kind, said = found.groups()
    if kind in _WORDED_FREELY:
        return f"{error} {HIDDEN}"
    return found[0] if _NAMES_ONLY.match(kind) else error + _QUOTED.sub(f'"{HIDDEN}"', said)


_hidden: list[Redaction] = [Redaction()]


def hide(secrets: Collection[str]) -> None:
    """Keep these out of what this process writes from now on, as lines or by `plain`."""
    _hidden[0] = Redaction(secrets)


def plain(message: object) -> str:
    """A message for a person, without secrets."""
    return _hidden[0](str(message))


def secrets_of(address: str | None) -> list[str]:
    """What of an address is secret: password, and beyond the host the path, in which hosted nodes have their key."""
    if not address:
        return []
    try:
        parts = urlsplit(address)
    except ValueError:
        return [address]
    found = [parts.password or "", unquote(parts.password or "")]
    if parts.scheme.startswith(("http", "ws")):
        found += [part for part in parts.path.split("/") if len(part) >= 16]
        found += parts.query.split("&")
    return [each for each in found if each]


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says besides its message: the surrounding facts, then its own (`extra`)."""
    own = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
    return {**(_about.get() or {}), **own}


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, facts, and `error` with its traceback."""

    def __init__(self, redact: Redaction) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said: dict[str, Any] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redact(record.getMessage()),
        }
        said |= {name: self._plain(value) for name, value in facts_of(record).items() if name not in said}
        if record.exc_info:
            said["error"] = self._redact(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)

    def _plain(self, value: Any) -> Any:
        return value if value is None or isinstance(value, bool | int | float) else self._redact(str(value))


class TextLines(logging.Formatter):
    """For people: time, level, logger, message and facts on one line; a traceback on those after it."""

    def __init__(self, redact: Redaction) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = [record.getMessage(), *(f"{name}={value}" for name, value in facts_of(record).items())]
        # Each by itself: what is left out of one ends with it.
        message = " ".join(map(self._redact, said)).replace("\r", "\\r").replace("\n", "\\n")
        line = f"{_moment(record)} {record.levelname} {self._redact(record.name)} {message}"
        if record.exc_info:
            line += "\n" + self._redact(self.formatException(record.exc_info))
        return line


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def set_up(form: str = "text", secrets: Collection[str] = (), stream: TextIO | None = None) -> None:
    """Have all loggers of this process write lines of a form (`text` or `json`) to a stream, stderr by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    hide(secrets)
    redact = _hidden[0]
    handler.setFormatter(JsonLines(redact) if form == "json" else TextLines(redact))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx2", "httpcore2", "alembic", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
