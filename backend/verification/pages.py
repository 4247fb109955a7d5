"""The consumer's pages: the verdict at the Digital Link itself, how it was checked, where to look, report."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from backend import nodes
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.errors import Malformed, NotFound
from backend.identity.access import Visitor as Person
from backend.identity.access import public
from backend.settings import Settings
from backend.verification import service
from backend.verification.access import Phone, Salt, remember_phone, request_key
from backend.verification.rules import UnknownCode
from backend.verification.schemas import SEALS, grouped, rows
from backend.web.i18n import language_of
from backend.web.rendering import page
from backend.web.requests import Config, Now, Transaction, limited
from ledger_indexer.bindings.deployments import Deployment
from scanner.codes.serials import check_serial
from scanner.evidence.proof_file import format_proof

router = APIRouter(dependencies=[Depends(limited("scan", lambda settings: settings.scans_per_minute))])
BOTTLE = "/01/{gtin}/10/{batch}/21/{serial}"
_HOMES = {"compliance": "/alerts", "warehouse": "/warehouse", "brand": "/batches", "auditor": "/batches"}


def _deployment(settings: Settings) -> Deployment:
    return Deployment.load(settings.deployment_path)


def _unknown(request: Request, gtin: str, serial: str) -> Response:
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


def _find(session: Session, gtin: str, batch: str | None, serial: str) -> Unit | None:
    try:
        return service.get_unit(session, gtin, serial, batch)
    except UnknownCode:
        return None


@router.get("/")
@public
def landing(request: Request, person: Person) -> Response:
    """Where people arrive: consumers learn what this is, staff go to their desk."""
    if person is not None:
        home = next((path for role, path in _HOMES.items() if role in person.roles), "/orders")
        return RedirectResponse(home, status_code=303)
    return page(request, "verification/landing.html")


@router.get("/01/{gtin}/21/{serial}")
@public
def find_bottle(request: Request, session: Transaction, gtin: str, serial: str) -> Response:
    """A code without its batch leads to the bottle's own page."""
    unit = _find(session, gtin, None, serial)
    if unit is None:
        return _unknown(request, gtin, serial)
    return RedirectResponse(f"/01/{unit.gtin}/10/{unit.batch}/21/{unit.serial}", status_code=302)


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
    unit = _find(session, gtin, batch, serial)
    if unit is None:
        return _unknown(request, gtin, serial)
    look = service.look(session, unit, visitor, salt=salt, now=now)
    language = language_of(request)
    cities = service.city_names(session, look, language)
    others = [service.place_name(session, adcode, language) for adcode in look.earlier.cities]
    answer = page(
        request,
        "verification/verdict.html",
        look=look,
        seal=SEALS[look.verdict.kind],
        rows=rows(look, cities),
        serial_groups=grouped(unit.serial),
        other_cities=others,
        path=request.url.path,
        nodes=nodes.node_urls(settings),
    )
    remember_phone(request, answer, visitor, secure=settings.secure_cookies)
    return answer


def _bottle_page(
    request: Request, session: Session, gtin: str, batch: str, serial: str, template: str, **context: Any
) -> Response:
    unit = _find(session, gtin, batch, serial)
    if unit is None:
        return _unknown(request, gtin, serial)
    path = f"/01/{unit.gtin}/10/{unit.batch}/21/{unit.serial}"
    product = catalog.get_product(session, unit.gtin)
    return page(
        request,
        template,
        unit=unit,
        product=product,
        path=path,
        serial_groups=grouped(unit.serial),
        **context,
    )


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
    unit = _find(session, gtin, batch, serial)
    if unit is None:
        return _unknown(request, gtin, serial)
    look = service.see(session, unit, visitor.phone, now=now)
    proof = service.proof(session, unit, _deployment(settings))
    cities = service.city_names(session, look, language_of(request))
    context = {"proof": proof, "cities": cities, "nodes": nodes.node_urls(settings), "rows": rows(look, cities)}
    return _bottle_page(request, session, gtin, batch, serial, "verification/check.html", **context)


@router.get(BOTTLE + "/where")
@public
def where_to_look(request: Request, session: Transaction, gtin: str, batch: str, serial: str) -> Response:
    """C3: where seal, bottle code and case code are."""
    return _bottle_page(request, session, gtin, batch, serial, "verification/where.html")


@router.get(BOTTLE + "/proof")
@public
def proof(session: Transaction, settings: Config, gtin: str, batch: str, serial: str) -> Any:
    """What a phone needs to check the bottle against the chain itself."""
    unit = service.get_unit(session, gtin, serial, batch)
    found = service.proof(session, unit, _deployment(settings))
    return {**found, "nodes": list(nodes.node_urls(settings))}


@router.get(BOTTLE + "/proof.txt")
@public
def proof_file(session: Transaction, settings: Config, gtin: str, batch: str, serial: str) -> Response:
    """The proof as a file, for `jiulian verify` or anybody's verifier."""
    unit = service.get_unit(session, gtin, serial, batch)
    text = format_proof(service.proof_file(session, unit, _deployment(settings)))
    headers = {"Content-Disposition": f'attachment; filename="{unit.serial}.tlog-proof"'}
    return PlainTextResponse(text, headers=headers)


@router.get(BOTTLE + "/report")
@public
def report_form(request: Request, session: Transaction, visitor: Phone, gtin: str, batch: str, serial: str) -> Response:
    """C4: the report form. The place is asked here, with its purpose, and nowhere else."""
    places = catalog.list_places(session)
    context = {"places": places, "chosen": visitor.adcode, "ticket": None, "problem": None}
    return _bottle_page(request, session, gtin, batch, serial, "verification/report.html", **context)


@router.post(BOTTLE + "/report")
@public
def report(
    request: Request,
    session: Transaction,
    now: Now,
    gtin: str,
    batch: str,
    serial: str,
    adcode: Annotated[str, Form()],
    price_yuan: Annotated[str, Form()] = "",
    shop: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Keep a report; the same form sent twice keeps one."""
    unit = _find(session, gtin, batch, serial)
    if unit is None:
        raise NotFound("no such bottle")
    key = request_key(request) or once[:48] or None
    try:
        ticket = service.report_price(
            session,
            unit,
            adcode=adcode,
            price_fen=_fen(price_yuan),
            shop=shop,
            note=note,
            request_id=f"report:{key}" if key else None,
            now=now,
        )
        problem = None
    except Malformed as error:
        ticket, problem = None, error
    context = {"places": catalog.list_places(session), "chosen": adcode, "ticket": ticket, "problem": problem}
    return _bottle_page(request, session, gtin, batch, serial, "verification/report.html", **context)


def _fen(yuan: str) -> int | None:
    """Fen of an amount in yuan with at most two decimals; None when left out."""
    text = yuan.strip().replace(",", "").removeprefix("¥")
    if not text:
        return None
    whole, _, cents = text.partition(".")
    if not whole.isdecimal() or len(whole) > 7 or (cents and not cents.isdecimal()) or len(cents) > 2:
        raise Malformed("write the price as a number of yuan, such as 399 or 399.50", field="price_yuan")
    return int(whole) * 100 + int(cents.ljust(2, "0") or 0)
