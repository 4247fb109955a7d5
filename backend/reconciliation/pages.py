"""The page of comparisons: when books and chain were laid side by side, and what came of it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from backend.identity.access import require
from backend.identity.rules import Principal
from backend.reconciliation import service
from backend.web.rendering import page
from backend.web.requests import Transaction, wants_html

router = APIRouter()
SHOWN = 50


@router.get("/reconciliations")
def list_runs(
    request: Request, session: Transaction, _: Annotated[Principal, require("brand", "compliance", "auditor")]
) -> Response:
    """The newest comparisons; an alarm while the last one found a difference."""
    runs = service.list_runs(session, SHOWN)
    if not wants_html(request):
        return JSONResponse([asdict(run) | {"ran_at": run.ran_at.isoformat()} for run in runs])
    newest = runs[0] if runs else None
    first = newest.first if newest else None
    more = service.explain(session, first)._asdict() if first else {}
    return page(request, "reconciliation/runs.html", runs=runs, newest=newest, first=first, **more)
