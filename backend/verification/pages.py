"""The consumer's pages: the verdict at the Digital Link itself, how it was checked, where to look, report."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from backend import nodes
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.custody import service as custody
from backend.errors import Malformed, NotFound
from backend.identity.access import Visitor as Person
from backend.identity.access import public
from backend.money import parse_fen
from backend.settings import Settings
from backend.verification import service
from backend.verification.access import Phone, Salt, remember_phone, request_key
from backend.verification.bottle import BOTTLE, find_deployment
from backend.verification.rules import Look, UnknownCode
from backend.verification.schemas import SEALS, day, every_row, grouped, path_of, rows, told_steps
from backend.web import telling
from backend.web.i18n import language_of
from backend.web.rendering import page
from backend.web.requests import Config, Now, Session, Transaction, limited
from ledger_indexer.bindings.deployments import Deployment
from scanner.codes.serials import check_serial

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(limited("scan", lambda settings: settings.consumers.scans_per_minute))],
)


def unknown_page(request: Request, gtin: str, serial: str) -> Response:
    """C7. A mistyped serial is told apart from one that was never issued: its check character is wrong."""
    return page(
        request,
        "verification/unknown.html",
        status=404,
        gtin=gtin,
        serial=serial,
        mistyped=not check_serial(serial),
        host=request.url.netloc,
    )


def find_unit(session: Session, gtin: str, batch: str | None, serial: str) -> Unit | None:
    """The bottle behind a code, or None."""
    try:
        return service.get_unit(session, gtin, serial, batch)
    except UnknownCode:
        return None


@router.get("/")
@public
def landing(request: Request, person: Person) -> Response:
    """Where people arrive: consumers learn what this is, staff go to their desk."""
    if person is not None:
        return RedirectResponse(request.app.state.home_of(person), status_code=303)
    return page(request, "verification/landing.html")


@router.get("/01/{gtin}/21/{serial}")
@public
def find_bottle(request: Request, session: Transaction, gtin: str, serial: str) -> Response:
    """A code without its batch leads to the bottle's own page."""
    unit = find_unit(session, gtin, None, serial)
    return RedirectResponse(path_of(unit), status_code=302) if unit else unknown_page(request, gtin, serial)


def bottle_page(
    request: Request, session: Session, unit: Unit, template: str, *, status: int = 200, **context: object
) -> Response:
    """A page about one bottle."""
    product = catalog.get_product(session, unit.gtin)
    context |= {"unit": unit, "product": product, "path": path_of(unit), "groups": grouped(unit.serial)}
    most = custody.ANCESTORS_MAX
    return page(request, template, status=status, told_steps=told_steps, ancestors_max=most, **context)


class _Checked(NamedTuple):
    """What a page needs that the phone checks: the ledger it is to trust, the nodes, and cities for the rows."""

    look: Look
    deployment: Deployment | None
    nodes: Sequence[str]
    seal: str
    cities: Mapping[str, str]
    kinds_of: Mapping[str, str]


def _checked(request: Request, session: Session, settings: Settings, look: Look) -> _Checked:
    return _Checked(
        look,
        find_deployment(settings),
        nodes.node_urls(settings),
        SEALS[look.verdict.kind],
        service.city_names(session, look.steps, language_of(request)),
        service.receiver_kinds(session, look.steps),
    )


@router.get(BOTTLE)
@public
def verdict(
    request: Request,
    session: Transaction,
    now: Now,
    visitor: Phone,
    salt: Salt,
    settings: Config,
    gtin: str,
    batch: str,
    serial: str,
) -> Response:
    """C1: the verdict at the Digital Link itself. The look is recorded with its coarse place."""
    unit = find_unit(session, gtin, batch, serial)
    if unit is None:
        service.look_at_unknown(session, f"(01){gtin}(10){batch}(21){serial}", visitor, salt=salt, now=now)
        return unknown_page(request, gtin, serial)
    look = service.look(session, unit, visitor, salt=salt, now=now)
    checked = _checked(request, session, settings, look)
    language = language_of(request)
    answer = bottle_page(
        request,
        session,
        unit,
        "verification/verdict.html",
        **checked._asdict(),
        rows=rows(look.steps, checked.cities, checked.kinds_of),
        other_cities=[service.place_name(session, adcode, language) for adcode in look.earlier.cities],
        bottled_on=day(look.bottled_at) if look.bottled_at else None,
        today=day(now),
        opened_in=look.opening and look.opening.adcode and service.place_name(session, look.opening.adcode, language),
    )
    remember_phone(request, answer, visitor, secure=settings.web.secure_cookies)
    return answer


@router.get(BOTTLE + "/check")
@public
def how_checked(
    request: Request,
    session: Transaction,
    settings: Config,
    now: Now,
    visitor: Phone,
    gtin: str,
    batch: str,
    serial: str,
) -> Response:
    """C2: what is proved, with what, and how to check it elsewhere. Looking at it is no scan."""
    unit = find_unit(session, gtin, batch, serial)
    if unit is None:
        return unknown_page(request, gtin, serial)
    look = service.see(session, unit, visitor.phone)
    checked = _checked(request, session, settings, look)
    steps = every_row(look.steps, checked.cities, checked.kinds_of)
    states = service.states(session, look.steps)
    return bottle_page(
        request, session, unit, "verification/check.html", **checked._asdict(), rows=steps, states=states
    )


@router.get(BOTTLE + "/where")
@public
def where_to_look(request: Request, session: Transaction, gtin: str, batch: str, serial: str) -> Response:
    """C3: where seal, bottle code and case code are."""
    unit = find_unit(session, gtin, batch, serial)
    if unit is None:
        return unknown_page(request, gtin, serial)
    return bottle_page(request, session, unit, "verification/where.html")


def _report_page(
    request: Request,
    session: Session,
    unit: Unit,
    chosen: str | None,
    *,
    ticket: str | None = None,
    problem: Malformed | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    places = catalog.list_places(session)
    return bottle_page(
        request,
        session,
        unit,
        "verification/report.html",
        status=422 if problem else 200,
        ticket=ticket,
        problem=problem,
        said=typed or {},
        wrong=problem and problem.details.get("field"),
        told=problem and telling.told(request, problem, session),
        places=sorted(places, key=lambda place: place.adcode),
        chosen=chosen,
        once=secrets.token_hex(16),
    )


@router.get(BOTTLE + "/report")
@public
def report_form(request: Request, session: Transaction, visitor: Phone, gtin: str, batch: str, serial: str) -> Response:
    """C4: the report form. The place is asked here, with its purpose, and nowhere else."""
    unit = find_unit(session, gtin, batch, serial)
    if unit is None:
        return unknown_page(request, gtin, serial)
    return _report_page(request, session, unit, visitor.adcode)


@router.post(BOTTLE + "/report")
@public
def report(
    request: Request,
    session: Transaction,
    now: Now,
    gtin: str,
    batch: str,
    serial: str,
    adcode: Annotated[str, Form()] = "",
    price_yuan: Annotated[str, Form()] = "",
    shop: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Keep a report; the same form sent twice keeps one."""
    unit = find_unit(session, gtin, batch, serial)
    if unit is None:
        raise NotFound("no such bottle")
    key = request_key(request) or once[:48] or None
    typed = {"price_yuan": price_yuan, "shop": shop, "note": note}
    try:
        ticket = service.report_price(
            session,
            unit,
            adcode=adcode,
            price_fen=parse_fen(price_yuan),
            shop=shop,
            note=note,
            request_id=f"report:{key}" if key else None,
            now=now,
        )
    except Malformed as error:
        return _report_page(request, session, unit, adcode, problem=error, typed=typed)
    return _report_page(request, session, unit, adcode, ticket=ticket)
