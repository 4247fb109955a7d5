"""Runs of the engine: what was scored when, and a run on demand."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend.identity.access import require
from backend.identity.rules import Principal
from backend.risk import scoring, service
from backend.risk.rules import MODEL_VERSION
from backend.web.rendering import page
from backend.web.requests import Now, Transaction, wants_html

router = APIRouter()


@router.get("/risk/runs")
def list_runs(
    request: Request, session: Transaction, reader: Annotated[Principal, require("compliance", "brand", "auditor")]
) -> Response:
    """The runs, each with the hash of what it read."""
    return page(
        request,
        "risk/runs.html",
        runs=service.list_runs(session),
        model=MODEL_VERSION,
        base=scoring.BASE_HUNDREDTHS,
        threshold=scoring.THRESHOLD,
        may_run=reader.has("compliance", "brand"),
    )


@router.post("/risk/runs")
def run_now(
    request: Request, session: Transaction, now: Now, _: Annotated[Principal, require("compliance", "brand")]
) -> Response:
    """Score the trade at once."""
    run = service.score(session, now=now, reactions=request.app.state.alert_reactions)
    if wants_html(request):
        return RedirectResponse("/alerts", status_code=303)
    return JSONResponse(
        {
            "id": run.id,
            "model": run.model,
            "inputs_hash": run.inputs_hash.hex(),
            "evidence": f"ni:///sha-256;{run.evidence.hex()}",
            "scans": run.scans,
            "candidates": run.candidates,
            "findings": run.findings,
        },
        status_code=201,
    )
