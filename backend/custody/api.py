"""Endpoints of batches for programs."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.custody import batch_history
from backend.custody.finding_lists import past_desk, wanted_of
from backend.custody.schemas import BatchList, BatchOut, FindingList, FindingOut
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.units import foreign
from backend.units.foreign import finding_json
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)
Reader = Annotated[Principal, require("brand", "compliance", "auditor")]


@router.get("/batches")
def list_batches(
    request: Request, response: Response, session: Transaction, _: Reader, query: Annotated[BatchList, Query()]
) -> list[BatchOut]:
    """Batches, the youngest first; `X-Total-Count` and `Link` tell of the rest."""
    found, _counts = batch_history.listing(session, kind=query.kind, words=query.q)
    page = found.page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [BatchOut.of(account) for account in page.items]


@router.get("/findings")
def list_findings(
    request: Request, response: Response, session: Transaction, _: Reader, query: Annotated[FindingList, Query()]
) -> list[FindingOut]:
    """Events that cannot be true beside what was said before, the newest first; before the first page, and beyond its
    total, what parties told the contract past our desk."""
    page = foreign.listing(wanted_of(query)).page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [FindingOut.model_validate(finding_json(each)) for each in (*past_desk(session, query)[2], *page.items)]
