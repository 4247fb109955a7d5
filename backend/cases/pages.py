"""The queue of alerts, and one alert on one screen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.cases import rules, screen, service
from backend.errors import JiulianError, Malformed
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.risk import service as risk
from backend.risk.scoring import BASE_HUNDREDTHS
from backend.web import telling
from backend.web.i18n import language_of
from backend.web.rendering import page
from backend.web.requests import Now, Number, Session, Transaction, here_of

router = APIRouter()
Reader = Annotated[Principal, require("compliance", "brand", "auditor")]


@router.get("/alerts")
def list_alerts(
    request: Request,
    session: Transaction,
    now: Now,
    reader: Reader,
    tab: str = "review",
    sort: str = "score",
    empty: bool = False,
) -> Response:
    """The queue. What is shown is in the address."""
    if tab not in rules.TABS or sort not in ("score", "age"):
        raise Malformed("tab or sort is unknown", tab=tab, sort=sort)
    return page(
        request,
        "cases/queue.html",
        rows=service.list_queue(session, tab, oldest_first=sort == "age", now=now),
        counts=service.count_tabs(session, now),
        places={place.adcode: place for place in screen.list_places(session)},
        odds=screen.odds,
        tab=tab,
        sort=sort,
        nothing_left=empty,
        last_run=risk.find_last_run(session),
        now=now,
        may_decide=reader.has("compliance"),
    )


@router.get("/alerts/{alert}")
def show_alert(request: Request, alert: Number, session: Transaction, now: Now, reader: Reader) -> Response:
    """One alert with all its evidence, and the decision."""
    return alert_page(request, session, alert, now, reader)


def alert_page(
    request: Request,
    session: Session,
    alert: int,
    now: datetime,
    reader: Principal,
    *,
    typed: Mapping[str, object] | None = None,
    refused: JiulianError | None = None,
) -> Response:
    """The page of an alert; with `refused` what is wrong with a decision, and what was `typed` for it."""
    return page(
        request,
        "cases/alert.html",
        status=refused.status if refused else 200,
        typed=typed or {},
        refused=telling.told(request, refused, session) if refused else "",
        wrong=_field_of(refused) if refused else None,
        here=here_of(request, f"/alerts/{alert}"),
        screen=screen.look(session, alert, language_of(request), now=now),
        reasons=rules.REASONS,
        odds=screen.odds,
        base=BASE_HUNDREDTHS,
        watch_default=(now + timedelta(days=14)).date().isoformat(),
        watch_most=(now + rules.WATCH_MOST).date().isoformat(),
        now=now,
        may_decide=reader.has("compliance"),
    )


def _field_of(refused: JiulianError) -> str:
    fields = {"ReasonMissing": "note", "WatchTooLong": "watch_until"}
    return fields.get(refused.kind, str(refused.details.get("field", "")))
