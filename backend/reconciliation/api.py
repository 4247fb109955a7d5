"""Endpoints of comparisons for programs."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.reconciliation import service
from backend.reconciliation.schemas import RunList, RunOut
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)


@router.get("/reconciliations")
def list_runs(
    request: Request,
    response: Response,
    session: Transaction,
    _: Annotated[Principal, require(*OVERSEERS)],
    query: Annotated[RunList, Query()],
) -> list[RunOut]:
    """The comparisons, the newest first; `X-Total-Count` and `Link` tell of the rest."""
    page = service.listing().page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [RunOut(**asdict(run)) for run in page.items]
