"""POST /risk/runs for programs: score the trade at once."""

from typing import Annotated

from fastapi import APIRouter, Request

from backend.identity.access import require
from backend.identity.rules import BRAND_STAFF, Principal
from backend.risk import service
from backend.risk.schemas import ScoringOut
from backend.web.requests import Now, Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)
Staff = Annotated[Principal, require(*BRAND_STAFF)]


@router.post("/risk/runs", status_code=201)
def run_now(request: Request, session: Transaction, now: Now, _: Staff) -> ScoringOut:
    """Score the trade at once."""
    run = service.score(session, now=now, reactions=request.app.state.alert_reactions)
    return ScoringOut(
        id=run.id,
        model=run.model,
        inputs_hash=run.inputs_hash.hex(),
        evidence=f"ni:///sha-256;{run.evidence.hex()}",
        scans=run.scans,
        candidates=run.candidates,
        findings=run.findings,
    )
