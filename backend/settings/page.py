"""The page of all settings, made from the settings themselves: docs/settings.md."""

from collections.abc import Iterable
from itertools import groupby

from backend.settings import Settings
from backend.settings.names import OTHERS, Variable, variables
from ledger_indexer.settings import Settings as IndexSettings

_HEAD = """# Settings

Made by `jiulian settings > docs/settings.md`; a test holds it true.

Everything is set by environment variables, those of a room as `JIULIAN_<ROOM>_<NAME>`. A name that is unknown or from
an earlier version is refused at start (exit code 2), with the name that is meant. Lists are JSON lists of texts. A
refused value is not repeated, since it may be a secret.
"""


def settings_page() -> str:
    """The page, in Markdown."""
    parts = [_HEAD]
    for room, found in groupby(variables(Settings), key=lambda each: each.room):
        parts.append(_section(_title(room), found))
    parts.append("## Read by one program, or by tests\n\n| name | what |\n| --- | --- |\n")
    parts[-1] += "".join(f"| `{name}` | {text} |\n" for name, text in OTHERS.items())
    return "\n".join(parts)


def _title(room: str | None) -> str:
    if room is None:
        return "The house"
    kind = IndexSettings if room == "index" else Settings.model_fields[room].annotation
    return f"`{room}`: {(kind.__doc__ or '').splitlines()[0]}"


def _section(title: str, found: Iterable[Variable]) -> str:
    rows = "".join(f"| `{each.name}` | {each.default} | {each.text} |\n" for each in found)
    return f"## {title}\n\n| name | default | what |\n| --- | --- | --- |\n{rows}"
