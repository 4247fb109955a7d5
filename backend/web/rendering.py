"""Server-rendered pages: Jinja2, escaped by default, in the reader's language."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from babel.dates import format_date
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from backend.china_time import in_china
from backend.web import vendor, vocabulary
from backend.web.i18n import LANGUAGES, catalogue, language_of, moment_in_words, number_in_words, spoken
from backend.web.requests import here_of

_HERE = Path(__file__).parent

STYLES = ("base", "shell", "tables", "chips", "forms", "charts", "lists")
"""Style sheets of every page but a consumer's, in the order of their layers: a part of the look each."""


@lru_cache
def _fingerprint(name: str, stamp: float) -> str:
    return hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """Address of a static file with a fingerprint, so that it can be cached for ever."""
    return f"/static/{name}?v={_fingerprint(name, (_HERE / 'static' / name).stat().st_mtime)}"


@lru_cache
def vendored(path: str) -> str:
    """Address of a file of a browser library, as `vendor.lock` names it: chart.js/dist/chart.umd.min.js."""
    hashes, versions = vendor.read_lock(vendor.LOCK.read_text("utf-8"))
    if path not in hashes:
        raise LookupError(f"{path}: vendor.lock names no such file")
    return static(f"vendor/{vendor.target_of(path, versions)}")


@pass_context
def _moment(context: Context, value: datetime, form: str = "short") -> str:
    return moment_in_words(value, context["locale"], form)


@pass_context
def _day(context: Context, value: datetime) -> str:
    return format_date(in_china(value), "medium", locale=context["locale"])


@pass_context
def _number(context: Context, value: float) -> str:
    return number_in_words(value, context["locale"])


@pass_context
def _yuan(context: Context, fen: int) -> str:
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def _translator(language: str) -> Callable[..., str]:
    """`_` of templates: a text in the language, in the right number, filled with values that are escaped."""
    words = catalogue(language)

    @pass_context
    def translate(context: Context, message: str, /, **values: object) -> str:
        text = words.counted(message, values)
        return (Markup(text) if context.eval_ctx.autoescape else text) % values  # noqa: S704 - the text is ours

    return translate


@lru_cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["_"] = _translator(language)
    environment.filters.update(moment=_moment, day=_day, number=_number, yuan=_yuan)
    environment.globals.update(static=static, vendored=vendored, styles=STYLES, languages=LANGUAGES)
    environment.globals.update(say=partial(vocabulary.say, language=language))
    environment.globals.update(tone=vocabulary.tone, knows=vocabulary.knows)
    return environment


def render(request: Request, template: str, **context: object) -> str:
    """The text of a page. Templates see `request`, `language`, `locale` and what is given."""
    language = language_of(request)
    locale = {"zh": "zh_Hans_CN", "en": "en"}[language]
    person = context.setdefault("principal", getattr(request.state, "principal", None))
    context["links"] = request.app.state.links_for(person) if person else ()
    return (
        _environment(language)
        .get_template(template)
        .render(request=request, language=language, locale=locale, **context)
    )


def page(request: Request, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
    """A page as an answer; `?lang=` is remembered in a cookie."""
    context.setdefault("here", here_of(request, request.url.path))
    answer = HTMLResponse(render(request, template, **context), status_code=status)
    if language := spoken(request.query_params.get("lang")):
        answer.set_cookie("lang", language, max_age=31_536_000, samesite="lax")
    return answer
