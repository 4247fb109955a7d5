"""Endpoints for keys. A device's signature is its key: joining, admitting and revoking need no log-in. Inviting and
proposing is for the brand's people; a person sees and revokes the devices of the own company.

What is refused is kept beside the party whose keys were meant, so that the party sees the attempt.
"""

import json
import secrets
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from backend.identity import keys, keys_desk, keys_person, service
from backend.identity.access import Visitor, public, require
from backend.identity.rules import OF_A_PARTY, OVERSEERS, Principal
from backend.identity.rules_keys import ChangeKind, Joining
from backend.identity.schemas import (
    AdmissionIn,
    InvitationIn,
    JoiningIn,
    ProposalIn,
    RedemptionIn,
    RevocationIn,
)
from backend.identity.schemas_out import (
    ForeignLogInOut,
    InvitationOut,
    JoinedOut,
    KeyOut,
    KeysOut,
    RegisterOut,
    RevokedOut,
)
from backend.web.requests import Config, Now, Patience, Session, Transaction, patience
from backend.web.routes import ForPrograms
from backend.web.telling import as_json
from scanner.device import joining, signing

Out = TypeVar("Out", bound=BaseModel)
router = APIRouter()
own = APIRouter(route_class=ForPrograms)
Brand = Annotated[Principal, require("brand")]
Reader = Annotated[Principal, require(*OVERSEERS, *OF_A_PARTY)]
Keeper = Annotated[Principal, require("brand", *OF_A_PARTY)]
Refusals = Annotated[Patience, Depends(patience("refusal", lambda settings: settings.captures.refusals_per_minute))]


@router.get("/devices/register")
@public
def get_register(settings: Config) -> RegisterOut:
    """Where statements about keys count, and how a browser's key names its verifier."""
    register = keys.load_register(settings.deployment_path)
    contract, verifier = "0x" + register.domain.contract.hex(), "0x" + register.verifier.hex()
    return RegisterOut(chainId=register.domain.chain_id, participants=contract, verifier=verifier)


@own.get("/devices")
def list_keys(session: Transaction, now: Now, reader: Reader, party: str = "") -> KeysOut:
    """The keys of one's own party; who oversees may name another."""
    seen = keys_person.keys_seen_by(session, reader, party, now=now)
    return KeysOut(
        party=seen.gln,
        devices=[KeyOut.of(each) for each in seen.shown],
        attempts=sum(each.times for each in seen.attempts),
        log_ins=[ForeignLogInOut.of(*each) for each in seen.outside],
    )


@own.post("/devices/{signer}/revocation")
def revoke_own(request: Request, signer: str, session: Transaction, now: Now, keeper: Keeper) -> RevokedOut:
    """Revoke a device, or stop one whose notice runs: a person of its party, or the brand."""
    desk = keys_desk.Desk(request.app.state.sessions, now)
    key, party = keys_person.revoke(desk, session, signer, keeper)
    return RevokedOut(signer="0x" + key.hex(), party=party)


@router.post("/devices/invitations", status_code=201, response_model=InvitationOut)
def invite(body: InvitationIn, request: Request, now: Now, brand: Brand) -> InvitationOut | JSONResponse:
    """Open an invitation: the code is shown this once, and only its key's address is kept."""
    code = joining.new_code(secrets.token_bytes)
    invitation = signing.address_of(joining.key_of_code(code))
    desk = keys_desk.Desk(request.app.state.sessions, now)
    return _answer(
        request,
        desk,
        ChangeKind.INVITE,
        body.party,
        lambda session: keys.invite(session, body.party, invitation, now=now, person=brand.name),
        InvitationOut(party=body.party, code=code, invitation="0x" + invitation.hex()),
        person=brand.name,
    )


@router.post("/devices/proposals", status_code=201, response_model=JoinedOut)
def propose(body: ProposalIn, request: Request, settings: Config, now: Now, brand: Brand) -> JoinedOut | JSONResponse:
    """Propose a device to a party, which sees it and has two days to stop it."""
    register, joins = keys.load_register(settings.deployment_path), _joins(body)
    desk = keys_desk.Desk(request.app.state.sessions, now)
    return _answer(
        request,
        desk,
        ChangeKind.PROPOSE,
        body.party,
        lambda session: keys.propose(session, body.party, joins, register, now=now, person=brand.name),
        _joined(body, body.party),
        person=brand.name,
    )


@router.post("/devices/redemptions", status_code=201, response_model=JoinedOut)
@public
def redeem(
    body: RedemptionIn, request: Request, settings: Config, now: Now, refusals: Refusals, visitor: Visitor
) -> JoinedOut | JSONResponse:
    """A party's first device joins with its code."""
    register, joins = keys.load_register(settings.deployment_path), _joins(body)
    desk = keys_desk.Desk(request.app.state.sessions, now, refusals)
    return _answer(
        request,
        desk,
        ChangeKind.REDEEM,
        body.party,
        lambda session: keys.redeem(session, body.party, joins, _bytes(body.signature), register, now=now),
        _joined(body, body.party),
        person=_name(visitor),
    )


@router.post("/devices/admissions", status_code=201, response_model=JoinedOut)
@public
def admit(
    body: AdmissionIn,
    request: Request,
    session: Transaction,
    settings: Config,
    now: Now,
    refusals: Refusals,
    visitor: Visitor,
) -> JoinedOut | JSONResponse:
    """A device admits another one to its party."""
    register, joins, by = keys.load_register(settings.deployment_path), _joins(body), _bytes(body.by)
    known = service.find_device(session, by)
    desk = keys_desk.Desk(request.app.state.sessions, now, refusals)
    return _answer(
        request,
        desk,
        ChangeKind.ADMIT,
        known.party if known else "",
        lambda session: keys.admit(session, joins, by, _bytes(body.signature), register, now=now),
        _joined(body, known.party if known else ""),
        person=_name(visitor),
    )


@router.post("/devices/revocations", status_code=201, response_model=RevokedOut)
@public
def revoke(
    body: RevocationIn,
    request: Request,
    session: Transaction,
    settings: Config,
    now: Now,
    refusals: Refusals,
    visitor: Visitor,
) -> RevokedOut | JSONResponse:
    """A device revokes one of its party, itself or another, or stops one whose notice runs."""
    register, signer, by = keys.load_register(settings.deployment_path), _bytes(body.signer), _bytes(body.by)
    known = service.find_device(session, signer)
    desk = keys_desk.Desk(request.app.state.sessions, now, refusals)
    return _answer(
        request,
        desk,
        ChangeKind.REVOKE,
        known.party if known else "",
        lambda session: keys.revoke_by_device(session, signer, by, _bytes(body.signature), register, now=now),
        RevokedOut(signer=body.signer.lower(), party=known.party if known else ""),
        person=_name(visitor),
    )


def _answer(
    request: Request,
    desk: keys_desk.Desk,
    kind: ChangeKind,
    party: str,
    change: Callable[[Session], object],
    answer: Out,
    *,
    person: str | None = None,
) -> Out | JSONResponse:
    refusal = desk.take(kind, party, change, person=person)
    if refusal is None:
        return answer
    body = json.loads(json.dumps(as_json(request, refusal), default=str))
    return JSONResponse(body, status_code=refusal.status)


def _name(visitor: Principal | None) -> str | None:
    """Who holds the device, for the attempt that is kept when it is refused; the signature alone decides."""
    return visitor.name if visitor else None


def _joins(body: JoiningIn) -> Joining:
    return Joining(_bytes(body.signer), body.label, _bytes(body.possession))


def _joined(body: JoiningIn, party: str) -> JoinedOut:
    return JoinedOut(signer=body.signer.lower(), party=party, label=body.label)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
