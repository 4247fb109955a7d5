"""Take the next alert and decide on one, for programs."""

from typing import Annotated

from fastapi import APIRouter, Response

from backend.cases import schemas, service
from backend.cases.posted import POSTED_BODY, Posted
from backend.cases.schemas import DecisionOut, TakenOut
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.web.requests import Now, Number, Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)
Reviewer = Annotated[Principal, require("compliance")]


@router.post("/alerts/taken", status_code=201, responses={200: {"model": TakenOut, "description": "None waits."}})
def take_next(response: Response, session: Transaction, now: Now, by: Reviewer) -> TakenOut:
    """Take the gravest alert that nobody has on the desk: 201, or 200 when there is none."""
    taken = service.take_next(session, by, now=now)
    response.status_code = 201 if taken else 200
    return TakenOut(alert=taken)


@router.post("/alerts/{alert}/decision", status_code=201, openapi_extra=POSTED_BODY)
def decide(alert: Number, session: Transaction, now: Now, by: Reviewer, posted: Posted) -> DecisionOut:
    """File, dismiss, watch or take a decision back, with a reason and the versions that were seen."""
    judgement = schemas.parse_decision(posted)
    file, evidence = service.decide(session, alert, judgement, by=by, now=now)
    return DecisionOut(
        alert=alert,
        outcome=judgement.outcome,
        state=file.state,
        case_version=file.version,
        evidence=f"ni:///sha-256;{evidence.hex()}",
    )
