"""Take the next alert; decide on one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from backend.cases import schemas, service
from backend.cases.pages import alert_page
from backend.errors import Malformed, Refused
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.web.requests import Now, Number, Transaction, wants_html

router = APIRouter()
Reviewer = Annotated[Principal, require("compliance")]


async def _posted(request: Request) -> dict[str, object]:
    """The fields of a decision, from JSON or from the page's form."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = await request.json()
        except ValueError as error:
            raise Malformed("the body is not JSON") from error
        if not isinstance(body, dict):
            raise Malformed("the body must be an object")
        return body
    form = await request.form()
    return schemas.form_values([(name, str(value)) for name, value in form.multi_items()])


@router.post("/alerts/taken")
def take_next(
    request: Request, session: Transaction, now: Now, by: Annotated[Principal, require("compliance")]
) -> Response:
    """Take the gravest alert that nobody has on the desk."""
    taken = service.take_next(session, by, now=now)
    if wants_html(request):
        return RedirectResponse(f"/alerts/{taken}" if taken else "/alerts?empty=1", status_code=303)
    return JSONResponse({"alert": taken}, status_code=201 if taken else 200)


@router.post("/alerts/{alert}/decision")
def decide(
    request: Request,
    alert: Number,
    session: Transaction,
    now: Now,
    by: Reviewer,
    posted: Annotated[dict[str, object], Depends(_posted)],
) -> Response:
    """File, dismiss, watch or take a decision back, with a reason and the versions that were seen.

    A person who is refused gets the alert as it stands now, with what was typed.
    """
    try:
        with session.begin_nested():
            judgement = schemas.parse_decision(posted)
            file, evidence = service.decide(session, alert, judgement, by=by, now=now)
    except (Malformed, Refused) as refused:
        if not wants_html(request):
            raise
        return alert_page(request, session, alert, now, by, typed=posted, refused=refused)
    if wants_html(request):
        return RedirectResponse(f"/alerts/{alert}", status_code=303)
    return JSONResponse(
        {
            "alert": alert,
            "outcome": judgement.outcome,
            "state": file.state,
            "case_version": file.version,
            "evidence": f"ni:///sha-256;{evidence.hex()}",
        },
        status_code=201,
    )
