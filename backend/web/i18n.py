"""Languages: zh-CN is the source, English complete. Catalogues are plain .po files, one per capability.

Chinese has one form for one and for many. Where English has two, the entry gives both (msgid_plural is the msgid again,
msgstr[0] the singular), and the number that a text is filled with decides: see `COUNTS`. A Chinese word that English
says in two ways has an entry with a msgctxt for the rarer one, asked for with `pgettext`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from fastapi import Request

from backend.china_time import in_china

LANGUAGES = ("zh", "en")
COUNTS = ("count", "n", "seen", "seconds", "hours")
"""Names of numbers in texts; of several the first one decides between singular and plural."""
_ENGLISH = {"short": "MMM d, y, HH:mm", "medium": "MMM d, y, HH:mm:ss"}
_LOCALE = Path(__file__).parent / "locale"


class Catalogue(NullTranslations):
    """Translations of one language, merged from its .po files; unknown texts stay Chinese."""

    def __init__(self, texts: dict[str, str], of_one: dict[str, str], in_context: dict[tuple[str, str], str]) -> None:
        super().__init__()
        self.texts, self.of_one, self.in_context = texts, of_one, in_context

    def gettext(self, message: str) -> str:
        """Translate one text."""
        return self.texts.get(message, message)

    def pgettext(self, context: str, message: str) -> str:
        """Translate a word as it is used in a context."""
        return self.in_context.get((context, message)) or self.gettext(message)

    def counted(self, message: str, values: Mapping[str, object]) -> str:
        """Translate a text that is to be filled with values: its singular where the number is one."""
        number = next((values[name] for name in COUNTS if name in values), None)
        return self.of_one.get(message, self.gettext(message)) if str(number) == "1" else self.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Chinese has one form; English catalogues give both under the singular's id."""
        return self.texts.get(msgid1 if n == 1 else msgid2, msgid1 if n == 1 else msgid2)


@lru_cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language, read once."""
    texts, of_one, in_context = dict[str, str](), dict[str, str](), dict[tuple[str, str], str]()
    for path in sorted((_LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=Locale.parse(language)):
                id, said = message.id, message.string
                if isinstance(id, tuple | list) and isinstance(said, tuple | list):
                    of_one[id[0]], texts[id[0]] = said[0], said[1]
                elif isinstance(id, str) and isinstance(said, str) and id:
                    if message.context:
                        in_context[message.context, id] = said
                    else:
                        of_one.pop(id, None)
                        texts[id] = said or id
    return Catalogue(texts, of_one, in_context)


def moment_in_words(value: datetime, locale: str, form: str = "short") -> str:
    """A time of the clock on the wall. In English the month is a word, since 3/11/26 is read in two ways."""
    pattern = _ENGLISH.get(form, form) if locale == "en" else form
    return str(format_datetime(in_china(value), pattern, locale=locale))


def number_in_words(value: float, locale: str) -> str:
    """A number with its thousands apart, of whatever size and kind."""
    try:
        return format_decimal(value, locale=locale)
    except ArithmeticError:  # Babel counts with as many digits as the machine's decimal context has
        return f"{value:,}"


def spoken(tag: str | None) -> str | None:
    """The language of ours that a tag names, whatever script or region it adds (zh-CN is zh), else None."""
    primary = re.split(r"[-_]", (tag or "").strip(), maxsplit=1)[0].lower()
    return primary if primary in LANGUAGES else None


def language_of(request: Request) -> str:
    """Language of a request: `?lang=`, cookie, then Accept-Language; English where we lack the asked one."""
    for asked in (request.query_params.get("lang"), request.cookies.get("lang")):
        if language := spoken(asked):
            return language
    header = request.headers.get("accept-language", "")
    preferred = [part.split(";")[0].strip().replace("-", "_") for part in header.split(",") if part.strip()]
    if not preferred:
        return "zh"
    return negotiate_locale([p.split("_")[0] for p in preferred], list(LANGUAGES)) or "en"
