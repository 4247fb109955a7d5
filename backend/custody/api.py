"""Endpoints of batches for programs."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.capture.rules import BatchKey
from backend.custody import batch_history, finding_lists
from backend.custody.delivering import list_unsigned
from backend.custody.schemas import (
    BatchHistoryOut,
    BatchList,
    BatchOut,
    FindingList,
    FindingOut,
    HoldingOut,
    QuantityOut,
    StepList,
    StepOut,
    UnderWayOut,
)
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.units.foreign import finding_json
from backend.web.lists import PAGE_SIZE_PROGRAMS, link_pages
from backend.web.requests import Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)
Reader = Annotated[Principal, require(*OVERSEERS)]


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
    """Events that cannot be true beside what was said before, the newest first; before them what parties told the
    contract past our desk. `X-Total-Count` and `Link` tell of the rest."""
    page = finding_lists.listing(query).page(session, query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, page)
    return [FindingOut.model_validate(finding_json(each)) for each in page.items]


@router.get("/batches/{gtin}/{batch:path}")
def show_batch(
    request: Request,
    response: Response,
    gtin: str,
    batch: str,
    session: Transaction,
    _: Reader,
    query: Annotated[StepList, Query()],
) -> BatchHistoryOut:
    """One batch: its account, its holders, what it came from, and a page of its steps with their state of evidence,
    the newest first; `X-Total-Count` and `Link` tell of the other steps."""
    story = batch_history.get_story(session, BatchKey(gtin, batch), query.asked(PAGE_SIZE_PROGRAMS))
    link_pages(request, response, query, story.steps)
    under_way = story.under_way.items[::-1]
    unsigned = list_unsigned(session, [one.evidence for one in under_way])
    delivered = {each.consignment: each for each in unsigned}
    return BatchHistoryOut(
        **BatchOut.of(story.summary.account).model_dump(),
        holdings=[HoldingOut(party=each.party, held=each.held) for each in story.holdings.items],
        under_way=[UnderWayOut.of(each, delivered.get(each.evidence)) for each in under_way],
        made_of=[QuantityOut(**asdict(key), quantity=quantity) for key, quantity in story.made_of],
        used_for=[QuantityOut(**asdict(key), quantity=quantity) for key, quantity in story.used_for],
        steps=[
            StepOut.of(each.said, each.state, each.error.declaration if each.error else None)
            for each in story.steps.items
        ],
    )
