"""C5: opening a bottle with the inner code under its cap, warned first, once.

The code comes in the body of a POST and nowhere else: not in an address, a log, a refusal's details or our database.
"""

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from backend.catalog.rules import Unit
from backend.errors import JiulianError, NotFound, TooMany
from backend.identity.access import public
from backend.verification import service
from backend.verification.access import Phone, remember_phone, request_key
from backend.verification.bottle import BOTTLE
from backend.verification.openings import (
    InnerCodeMistyped,
    InnerCodeWrong,
    Opened,
    OpeningNotConfirmed,
    TooManyWrongCodes,
    is_right,
)
from backend.verification.pages import bottle_page, find_unit, unknown_page
from backend.web import telling
from backend.web.i18n import language_of
from backend.web.observing import note_refusal
from backend.web.requests import Config, Now, Patience, Session, Transaction, limited, patience

router = APIRouter(include_in_schema=False)
# Forms and openings have counts of their own, apart from looks and from each other: neighbours behind one address use
# up none of them by looking at bottles.
FormLimit = Depends(limited("opening-form", lambda settings: settings.consumers.scans_per_minute))
Asking = Annotated[Patience, Depends(patience("opening", lambda settings: settings.consumers.scans_per_minute))]
Trying = Annotated[
    Patience, Depends(patience("wrong-code", lambda settings: settings.consumers.wrong_codes_per_minute))
]


def _page(
    request: Request,
    session: Session,
    unit: Unit,
    *,
    opened: Opened | None = None,
    problem: JiulianError | None = None,
    said: str = "",
) -> Response:
    if problem is not None:
        note_refusal(request.scope, problem)
    city = opened and opened.opening.adcode
    return bottle_page(
        request,
        session,
        unit,
        "verification/open.html",
        status=problem.status if problem else 200,
        opened=opened,
        city=city and service.place_name(session, city, language_of(request)),
        problem=problem,
        told=problem and telling.told(request, problem, session),
        said=said,
        once=secrets.token_hex(16),
    )


@router.get(BOTTLE + "/open", dependencies=[FormLimit])
@public
def opening_form(
    request: Request, session: Transaction, visitor: Phone, settings: Config, gtin: str, batch: str, serial: str
) -> Response:
    """The warning and the form; for a bottle that was opened, when and where that was."""
    unit = find_unit(session, gtin, batch, serial)
    if unit is None:
        return unknown_page(request, gtin, serial)
    kept = service.find_opening(session, unit, visitor)
    answer = _page(request, session, unit, opened=Opened(kept[0], kept[1], fresh=False) if kept else None)
    remember_phone(request, answer, visitor, secure=settings.web.secure_cookies)
    return answer


@router.post(BOTTLE + "/open")
@public
def open_bottle(
    request: Request,
    session: Transaction,
    now: Now,
    visitor: Phone,
    asking: Asking,
    trying: Trying,
    settings: Config,
    gtin: str,
    batch: str,
    serial: str,
    inner: Annotated[str, Form()] = "",
    confirmed: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Open the bottle; stored before the answer leaves. The same form or phone again sees its own opening.

    What brings no right code is counted by address before anything else is said of it, even whether there is such a
    bottle; a right code passes.
    """
    unit = find_unit(session, gtin, batch, serial)
    if unit is None or not is_right(unit, inner[:64]):
        asking.check()
        asking.spend()
    if unit is None:
        raise NotFound("no such bottle")
    key = request_key(request) or once[:48] or None
    visitor = replace(visitor, request_id=f"open:{key}" if key else None)
    answer = _answer(request, session, unit, inner[:64], visitor, trying, now=now, confirmed=confirmed == "yes")
    remember_phone(request, answer, visitor, secure=settings.web.secure_cookies)
    return answer


def _answer(
    request: Request,
    session: Session,
    unit: Unit,
    inner: str,
    visitor: Phone,
    trying: Patience,
    *,
    now: Now,
    confirmed: bool,
) -> Response:
    """Refusals are pages and not exceptions, so that what was counted is kept."""
    if not confirmed:
        return _page(request, session, unit, problem=OpeningNotConfirmed(field="confirmed"), said=inner)
    try:
        opened = service.open_bottle(session, unit, inner, visitor, now=now)
    except InnerCodeMistyped as error:
        return _page(request, session, unit, problem=error, said=inner)
    except InnerCodeWrong as error:
        return _page(request, session, unit, problem=_wrong(session, unit, trying, error, now=now))
    return _page(request, session, unit, opened=opened)


def _wrong(session: Session, unit: Unit, trying: Patience, error: InnerCodeWrong, *, now: Now) -> JiulianError:
    """The refusal of a wrong code: counted by address and by bottle, and answered on its merits only so often."""
    try:
        trying.check()
    except TooMany as many:
        return TooManyWrongCodes(**many.details)
    trying.spend()
    too_many = service.count_wrong_code(session, unit, now=now)
    return TooManyWrongCodes(gtin=unit.gtin, serial=unit.serial) if too_many else error
