"""「我的设备」: a party's keys, who admitted each and when, what runs, what was tried; one button revokes at once."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from backend import clock
from backend.errors import JiulianError, Malformed, NotFound
from backend.identity import accounts, keys, keys_desk, keys_view, service
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.identity.rules_accounts import Account
from backend.identity.rules_keys import ChangeKind, Joining, NoRequest, NotForTheBrand, NotYours, RequestDamaged
from backend.identity.rules_people import LogInNotYet, check_settled
from backend.identity.schemas import GlnText
from backend.web import telling
from backend.web.refusal_words import Said
from backend.web.rendering import page
from backend.web.requests import Config, Now, Transaction, here_of, wants_html
from scanner.device import joining, signing
from scanner.errors import Malformed as Unreadable

router = APIRouter()
Reader = Annotated[Principal, require(*OVERSEERS, "warehouse", "dealer", "store", "party_admin")]
Brand = Annotated[Principal, require("brand")]
FormGln = Annotated[GlnText, Form()]
Keeper = Annotated[Principal, require("brand", "warehouse", "dealer", "store", "party_admin")]


@router.get("/devices")
def show_keys(request: Request, session: Transaction, now: Now, reader: Reader, party: str = "") -> Response:
    """The keys of one's own party; who oversees may name another."""
    return _show(request, session, now, reader, party)


@router.post("/devices/invitation")
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


@router.post("/devices/proposal")
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

    def change(own: Session) -> None:
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
    session: Session,
    now: datetime,
    reader: Principal,
    party: str,
    *,
    code: str | None = None,
    refused: JiulianError | None = None,
    asked: str = "",
) -> Response:
    gln = party or reader.party or ""
    if gln != reader.party and not reader.has(*OVERSEERS):
        raise NotYours(party=gln)
    found = service.find_party(session, gln) if gln else None
    if gln and found is None:
        raise NotFound(f"no party with GLN {gln}", gln=gln)
    shown = keys_view.list_keys(session, gln, now=now) if found else []
    attempts = keys_view.list_attempts(session, gln) if found else []
    outside = accounts.list_from_outside(session, gln) if found else []
    if not wants_html(request):
        told = {
            "party": gln,
            "devices": [_as_json(each) for each in shown],
            "attempts": sum(each.times for each in attempts),
        }
        return JSONResponse(told | {"log_ins": [_log_in(*each) for each in outside]})
    moment = clock.now()
    own = found.gln if found else None
    parties = [each for each in service.list_parties(session) if each.gln != own] if reader.has(*OVERSEERS) else []
    context: dict[str, object] = {"party": found, "shown": shown, "attempts": attempts, "parties": parties}
    settled = reader.notice_until is None or reader.notice_until <= moment
    is_own = found is not None and found.gln == reader.party and settled
    may_revoke = is_own or (found is not None and reader.has("brand"))
    context |= {"outside": outside, "may_stop": is_own, "now": moment}
    context |= {"may_revoke": may_revoke, "may_invite": _way_in(shown) if reader.has("brand") else ""}
    context |= {"is_foreign": found is not None and found.gln != reader.party}
    context |= {"code": code, "asked": asked, "refused": telling.told(request, refused, session) if refused else ""}
    context |= {"reasons": _reasons(request, session, attempts), "here": here_of(request, f"/devices?party={gln}")}
    return page(request, "identity/devices.html", status=refused.status if refused else 200, **context)


@router.post("/devices/{signer}/revocation")
def revoke(request: Request, signer: str, session: Transaction, now: Now, keeper: Keeper) -> Response:
    """Revoke a device, or stop one whose notice runs: a person of its party, or the brand."""
    try:
        key = bytes.fromhex(signer.removeprefix("0x"))
    except ValueError as error:
        raise Malformed("signer: is not hexadecimal", field="signer") from error
    device = service.find_device(session, key)
    if device is None:
        raise NotFound("no such device", signer=signer)
    if device.party != keeper.party and not keeper.has("brand"):
        refused = NotYours(signer=signer)
        keys_desk.Desk(request.app.state.sessions, now).keep(
            ChangeKind.REVOKE, device.party, refused, person=keeper.name
        )
        raise refused
    if device.party == keeper.party:
        _check_settled(request, device.party, keeper, now)
    keys.revoke(session, key, now=now, person=keeper.name)
    if not wants_html(request):
        return JSONResponse({"signer": "0x" + key.hex(), "party": device.party})
    return RedirectResponse(f"/devices?party={device.party}", status_code=303)


def _check_settled(request: Request, party: str, keeper: Principal, now: datetime) -> None:
    """A log-in that was made for the party from outside speaks for it when its notice has passed; its try is kept."""
    try:
        check_settled(keeper.notice_until, clock.now())
    except LogInNotYet as refused:
        keys_desk.Desk(request.app.state.sessions, now).keep(ChangeKind.REVOKE, party, refused, person=keeper.name)
        raise


def _reasons(request: Request, session: Session, attempts: Sequence[keys_view.Attempt]) -> list[str]:
    joining_request = [Said((each.reason, "Refused"), "identity", each.details) for each in attempts]
    return telling.tell(request, joining_request, session)


def _way_in(shown: list[keys_view.KeyShown]) -> str:
    """What the brand may do for a party's next device; neither while a notice runs."""
    states = {each.state for each in shown}
    if "waits" in states:
        return ""
    return "propose" if "active" in states else "invite"


def _log_in(account: Account, maker: str | None) -> dict[str, object]:
    until = account.notice_until.isoformat() if account.notice_until else None
    return {"id": account.id, "name": account.name, "made_by": maker, "active": account.active, "notice_until": until}


def _as_json(each: keys_view.KeyShown) -> dict[str, object]:
    joining_request = {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in asdict(each).items()
    }
    return {**joining_request, "signer": "0x" + each.signer.hex(), "fingerprint": each.fingerprint}
