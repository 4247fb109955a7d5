"""The page of comparisons: when books and chain were laid side by side, and what came of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from backend import clock
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.reconciliation import service
from backend.reconciliation.rules import Run
from backend.reconciliation.schemas import RunList
from backend.web.exports import Field, exported
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Transaction
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)


@router.get("/reconciliations")
def list_runs(
    request: Request,
    session: Transaction,
    _: Annotated[Principal, require(*OVERSEERS)],
    query: Annotated[RunList, Query()],
) -> Response:
    """The comparisons, the newest first; an alarm while the last one found a difference."""
    if query.format is not None:
        return exported(request, session, "reconciliations", service.listing(), query, _FIELDS)
    newest = service.find_last_run(session)
    first = newest.first if newest else None
    more = service.explain(session, first)._asdict() if first else {}
    shown = service.listing().page(session, query.asked())
    view = ListView(page=shown, query=query)
    return page(request, "reconciliation/runs.html", view=view, newest=newest, first=first, now=clock.now(), **more)


_FIELDS: list[Field[Run]] = [
    Field("时间", lambda run: run.ran_at),
    Field("区块", lambda run: run.block),
    Field("对照行数", lambda run: run.compared),
    Field("等待上链", lambda run: run.waiting),
    Field("不一致", lambda run: run.differences),
]
