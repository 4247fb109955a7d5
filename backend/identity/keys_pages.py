"""「我的设备」: a party's keys, who admitted each and when, what runs, what was tried; one button revokes at once."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend.errors import Malformed, NotFound
from backend.identity import keys, keys_desk, keys_view, service
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.identity.rules_keys import NotYours
from backend.web.rendering import page
from backend.web.requests import Now, Transaction, wants_html

router = APIRouter()
OVERSEERS = ("brand", "compliance", "auditor")
Reader = Annotated[Principal, require(*OVERSEERS, "warehouse", "dealer", "store")]
Keeper = Annotated[Principal, require("brand", "warehouse", "dealer", "store")]


@router.get("/devices")
def show_keys(request: Request, session: Transaction, now: Now, reader: Reader, party: str = "") -> Response:
    """The keys of one's own party; who oversees may name another."""
    gln = party or reader.party or ""
    if gln != reader.party and not reader.has(*OVERSEERS):
        raise NotYours(party=gln)
    found = service.find_party(session, gln) if gln else None
    if gln and found is None:
        raise NotFound(f"no party with GLN {gln}", gln=gln)
    shown = keys_view.list_keys(session, gln, now=now) if found else []
    attempts = keys_view.list_attempts(session, gln) if found else []
    if not wants_html(request):
        return JSONResponse({"party": gln, "devices": [_as_json(each) for each in shown], "attempts": len(attempts)})
    parties = service.list_parties(session) if reader.has(*OVERSEERS) else []
    context: dict[str, Any] = {"party": found, "shown": shown, "attempts": attempts, "parties": parties}
    may_revoke = found is not None and (found.gln == reader.party or reader.has("brand"))
    return page(request, "identity/devices.html", may_revoke=may_revoke, **context)


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
        keys_desk.Desk(request.app.state.sessions, now).keep("revoke", device.party, refused, person=keeper.name)
        raise refused
    keys.revoke(session, key, now=now, person=keeper.name)
    if not wants_html(request):
        return JSONResponse({"signer": "0x" + key.hex(), "party": device.party})
    return RedirectResponse(f"/devices?party={device.party}", status_code=303)


def _as_json(each: keys_view.KeyShown) -> dict[str, Any]:
    said = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in asdict(each).items()}
    return {**said, "signer": "0x" + each.signer.hex(), "fingerprint": each.fingerprint}
