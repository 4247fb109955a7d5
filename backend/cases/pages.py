"""The queue of alerts, and one alert on one screen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend.cases import rules, schemas, screen, service
from backend.cases.posted import Posted
from backend.errors import JiulianError, Malformed, Refused
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.risk import service as risk
from backend.risk.scoring import BASE_HUNDREDTHS
from backend.web import telling
from backend.web.exports import Field, exported
from backend.web.i18n import language_of
from backend.web.lists import ListQuery, ListView
from backend.web.rendering import page
from backend.web.requests import Now, Number, Session, Transaction, here_of
from backend.web.routes import ForPeople

router = APIRouter(include_in_schema=False)
forms = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*OVERSEERS)]
Reviewer = Annotated[Principal, require("compliance")]


class AlertList(ListQuery):
    """What the queue may be asked: its tab, by words of the dealer, and whether there was nothing left to take."""

    sort: Literal["score", "age"] = "score"
    tab: rules.FileState = rules.FileState.REVIEW
    empty: bool = False
    filters: ClassVar[tuple[str, ...]] = ("tab", "q")


@router.get("/alerts")
def list_alerts(
    request: Request,
    session: Transaction,
    now: Now,
    reader: Reader,
    query: Annotated[AlertList, Query()],
) -> Response:
    """The queue. What is shown is in the address."""
    found = service.listing(query.tab, now=now, words=query.q)
    if query.format is not None:
        return exported(request, session, "alerts", found, query, _fields(session, language_of(request)))
    return page(
        request,
        "cases/queue.html",
        view=ListView(page=found.page(session, query.asked()), query=query),
        counts=service.count_tabs(session, now, query.q),
        whole=service.count_tabs(session, now),
        places={place.adcode: place for place in screen.list_places(session)},
        odds=screen.odds,
        tab=query.tab,
        sort=query.sort,
        nothing_left=query.empty,
        last_run=risk.find_last_run(session),
        now=now,
        may_decide=reader.has("compliance"),
    )


def _fields(session: Session, language: str) -> list[Field[service.Row]]:
    places = {place.adcode: place.label(language) for place in screen.list_places(session)}

    def where(row: service.Row) -> list[str]:
        return [places.get(each["adcode"], each["adcode"]) for each in row.alert.places]

    return [
        Field("预警", lambda row: row.alert.id),
        Field("经销商", lambda row: row.dealer.name if row.dealer else None),
        Field("经销商 GLN", lambda row: row.alert.dealer),
        Field("种类", lambda row: row.alert.kind, kind="alert"),
        Field("时间", lambda row: row.alert.opened_at),
        Field("分数", lambda row: row.alert.score_hundredths / 100),
        Field("地点", where),
        Field("状态", lambda row: row.file.state, kind="file"),
        Field("决定", lambda row: row.decision.outcome if row.decision else None, kind="outcome"),
    ]


@router.get("/alerts/{alert}")
def show_alert(request: Request, alert: Number, session: Transaction, now: Now, reader: Reader) -> Response:
    """One alert with all its evidence, and the decision."""
    return _alert_page(request, session, alert, now, reader)


def _alert_page(
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


@forms.post("/alerts/taken")
def take_next(session: Transaction, now: Now, by: Reviewer) -> Response:
    """Take the gravest alert that nobody has on the desk, and go there."""
    taken = service.take_next(session, by, now=now)
    return RedirectResponse(f"/alerts/{taken}" if taken else "/alerts?empty=1", status_code=303)


@forms.post("/alerts/{alert}/decision")
def decide(request: Request, alert: Number, session: Transaction, now: Now, by: Reviewer, posted: Posted) -> Response:
    """File, dismiss, watch or take a decision back, with a reason and the versions that were seen.

    Who is refused gets the alert as it stands now, with what was typed.
    """
    try:
        with session.begin_nested():
            service.decide(session, alert, schemas.parse_decision(posted), by=by, now=now)
    except (Malformed, Refused) as refused:
        return _alert_page(request, session, alert, now, by, typed=posted, refused=refused)
    return RedirectResponse(f"/alerts/{alert}", status_code=303)
