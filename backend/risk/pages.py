"""Runs of the engine: what was scored when, and a run on demand."""

from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend import clock
from backend.identity.access import require
from backend.identity.rules import BRAND_STAFF, OVERSEERS, Principal
from backend.risk import scoring, service
from backend.risk.rules import MODEL_VERSION, Run
from backend.web.exports import Field, exported
from backend.web.lists import ListQuery, ListView
from backend.web.rendering import page
from backend.web.requests import Now, Transaction
from backend.web.routes import ForPeople

router = APIRouter(include_in_schema=False)
forms = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*OVERSEERS)]


class RunList(ListQuery):
    """What a list of runs may be asked: nothing but its order."""

    sort: Literal["-ran", "ran"] = "-ran"
    filters: ClassVar[tuple[str, ...]] = ()


@router.get("/risk/runs")
def list_runs(request: Request, session: Transaction, reader: Reader, query: Annotated[RunList, Query()]) -> Response:
    """The runs, each with the hash of what it read."""
    if query.format is not None:
        return exported(request, session, "scorings", service.listing_of_runs(), query, _FIELDS)
    return page(
        request,
        "risk/runs.html",
        view=ListView(page=service.listing_of_runs().page(session, query.asked()), query=query),
        model=MODEL_VERSION,
        base=scoring.BASE_HUNDREDTHS,
        threshold=scoring.THRESHOLD,
        may_run=reader.has(*BRAND_STAFF),
        now=clock.now(),
    )


_FIELDS: list[Field[Run]] = [
    Field("时间", lambda run: run.ran_at),
    Field("模型", lambda run: run.model),
    Field("扫码数", lambda run: run.scans),
    Field("候选", lambda run: run.candidates),
    Field("发现", lambda run: run.findings),
    Field("输入的哈希", lambda run: run.inputs_hash.hex()),
]


@forms.post("/risk/runs")
def run_now(
    request: Request, session: Transaction, now: Now, _: Annotated[Principal, require(*BRAND_STAFF)]
) -> Response:
    """Score the trade at once."""
    service.score(session, now=now, reactions=request.app.state.alert_reactions)
    return RedirectResponse("/alerts", status_code=303)
