"""Languages: zh-CN is the source, English complete. Catalogues are plain .po files, one per capability."""

from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.pofile import read_po
from fastapi import Request

LANGUAGES = ("zh", "en")
_LOCALE = Path(__file__).parent / "locale"


class Catalogue(NullTranslations):
    """Translations of one language, merged from its .po files; unknown texts stay Chinese."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self.texts = texts

    def gettext(self, message: str) -> str:
        """Translate one text."""
        return self.texts.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Chinese has one form; English catalogues give both under the singular's id."""
        return self.texts.get(msgid1 if n == 1 else msgid2, msgid1 if n == 1 else msgid2)


@lru_cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language, read once."""
    texts: dict[str, str] = {}
    for path in sorted((_LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=Locale.parse(language)):
                if message.id and isinstance(message.id, str) and isinstance(message.string, str):
                    texts[message.id] = message.string or message.id
    return Catalogue(texts)


def language_of(request: Request) -> str:
    """Language of a request: `?lang=`, cookie, then Accept-Language; English where we lack the asked one."""
    for asked in (request.query_params.get("lang"), request.cookies.get("lang")):
        if asked in LANGUAGES:
            return asked
    header = request.headers.get("accept-language", "")
    preferred = [part.split(";")[0].strip().replace("-", "_") for part in header.split(",") if part.strip()]
    if not preferred:
        return "zh"
    return negotiate_locale([p.split("_")[0] for p in preferred], list(LANGUAGES)) or "en"
