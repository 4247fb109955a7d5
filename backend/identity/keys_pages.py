"""「我的设备」: a party's keys, who admitted each and when, what runs, what was tried; one button revokes at once."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend import clock
from backend.db.paging import Page
from backend.errors import JiulianError
from backend.identity import keys, keys_desk, keys_person, keys_view, service
from backend.identity.access import require
from backend.identity.rules import OF_A_PARTY, OVERSEERS, Principal
from backend.identity.rules_keys import (
    ChangeKind,
    Joining,
    KeyShown,
    KeyStanding,
    NoRequest,
    NotForTheBrand,
    RequestDamaged,
)
from backend.identity.schemas import GlnText, KeyList
from backend.web import telling
from backend.web.lists import PAGE_SIZE, ListView
from backend.web.refusal_words import Said
from backend.web.rendering import page
from backend.web.requests import Config, Now, Transaction, here_of
from backend.web.routes import ForPeople
from scanner.device import joining, signing
from scanner.errors import Malformed as Unreadable

router = APIRouter(route_class=ForPeople, include_in_schema=False)
forms = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, require(*OVERSEERS, *OF_A_PARTY)]
OTHERS_SHOWN = 20
Brand = Annotated[Principal, require("brand")]
FormGln = Annotated[GlnText, Form()]
Keeper = Annotated[Principal, require("brand", *OF_A_PARTY)]


@router.get("/devices")
def show_keys(
    request: Request,
    session: Transaction,
    now: Now,
    reader: Reader,
    query: Annotated[KeyList, Query()],
) -> Response:
    """The keys of one's own party; who oversees may name another, and finds it by words."""
    return _show(request, session, now, reader, query.party, query=query)


@forms.post("/devices/invitation")
def invite(
    request: Request, session: Transaction, now: Now, brand: Brand, party: Annotated[GlnText, Form()]
) -> Response:
    """Open an invitation from the page, which shows the code this once."""
    code = joining.new_code(secrets.token_bytes)
    invitation = signing.address_of(joining.key_of_code(code))
    refused = keys_desk.Desk(request.app.state.sessions, now).take(
        ChangeKind.INVITE,
        party,
        lambda own: keys.invite(own, party, invitation, now=now, person=brand.name),
        person=brand.name,
    )
    answer = _show(request, session, now, brand, party, code=None if refused else code, refused=refused)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@forms.post("/devices/proposal")
def propose(
    request: Request,
    session: Transaction,
    settings: Config,
    now: Now,
    brand: Brand,
    party: FormGln,
    asked: Annotated[str, Form(alias="request", max_length=1000)],
) -> Response:
    """Propose a device by the request that its app shows."""
    register = keys.load_register(settings.deployment_path)

    def change(own: Transaction) -> None:
        try:
            joining_request = joining.read_request(asked)
        except Unreadable as error:
            raise RequestDamaged() if error.field == "damaged" else NoRequest() from error
        if joining_request.party != party or joining_request.by is not None:
            raise NotForTheBrand(party=joining_request.party)
        joins = Joining(joining_request.signer, joining_request.label, joining_request.possession)
        keys.propose(own, party, joins, register, now=now, person=brand.name)

    refused = keys_desk.Desk(request.app.state.sessions, now).take(ChangeKind.PROPOSE, party, change, person=brand.name)
    if refused is None:
        return RedirectResponse(f"/devices?party={party}", status_code=303)
    return _show(request, session, now, brand, party, refused=refused, asked=asked)


def _show(
    request: Request,
    session: Transaction,
    now: datetime,
    reader: Principal,
    party: str,
    *,
    code: str | None = None,
    refused: JiulianError | None = None,
    asked: str = "",
    query: KeyList | None = None,
) -> Response:
    seen = keys_person.keys_seen_by(session, reader, party, now=now)
    gln, found, shown, attempts = seen.gln, seen.party, seen.shown, seen.attempts
    moment = clock.now()
    may_turn = query is not None  # an answer to a form has no address whose pages could be turned
    query = query or KeyList(party=party)
    first = (query.keys_page - 1) * PAGE_SIZE
    rows = Page(shown[first : first + PAGE_SIZE], len(shown), query.keys_page, PAGE_SIZE)
    context: dict[str, object] = {"party": found, "shown": shown, "attempts": attempts}
    context |= {"view": ListView(page=rows, query=query)}
    context |= {"others": _others(session, query, reader) if reader.has(*OVERSEERS) else None, "may_turn": may_turn}
    settled = reader.notice_until is None or reader.notice_until <= moment
    is_own = found is not None and found.gln == reader.party and settled
    may_revoke = is_own or (found is not None and reader.has("brand"))
    context |= {"outside": seen.outside, "may_stop": is_own, "now": moment}
    context |= {"may_revoke": may_revoke, "may_invite": _way_in(shown) if reader.has("brand") else ""}
    context |= {"is_foreign": found is not None and found.gln != reader.party}
    context |= {"code": code, "asked": asked, "refused": telling.told(request, refused, session) if refused else ""}
    context |= {"reasons": _reasons(request, session, attempts), "here": here_of(request, f"/devices?party={gln}")}
    return page(request, "identity/devices.html", status=refused.status if refused else 200, **context)


@router.post("/devices/{signer}/revocation")
def revoke(request: Request, signer: str, session: Transaction, now: Now, keeper: Keeper) -> Response:
    """Revoke a device, or stop one whose notice runs: a person of its party, or the brand."""
    desk = keys_desk.Desk(request.app.state.sessions, now)
    _, party = keys_person.revoke(desk, session, signer, keeper)
    return RedirectResponse(f"/devices?party={party}", status_code=303)


def _others(session: Transaction, query: KeyList, reader: Principal) -> ListView:
    """Other parties than the reader's own whose keys may be looked at, by words of their name or GLN."""
    others = service.list_of_parties(query.q, members=service.Members(but=reader.party))
    found = others.page(session, query.asked(OTHERS_SHOWN))
    return ListView(page=found, query=query)


def _reasons(request: Request, session: Transaction, attempts: Sequence[keys_view.Attempt]) -> list[str]:
    joining_request = [Said((each.reason, "Refused"), "identity", each.details) for each in attempts]
    return telling.tell(request, joining_request, session)


def _way_in(shown: Sequence[KeyShown]) -> str:
    """What the brand may do for a party's next device; neither while a notice runs."""
    states = {each.state for each in shown}
    if KeyStanding.WAITS in states:
        return ""
    return ChangeKind.PROPOSE if KeyStanding.ACTIVE in states else ChangeKind.INVITE
