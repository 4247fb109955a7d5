"""POST /captures: the door for devices. Their signature is their key; nobody logs in here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from backend.capture import service
from backend.capture.rules import BATCH_BYTES_MAX, BATCH_ITEMS_MAX, BODY_BYTES_MAX, TooLarge
from backend.capture.schemas import CAPTURE_BODY, KeptRefusalOut, ReceiptOut, RefusedItemOut, ResultsOut, TakenItemOut
from backend.errors import JiulianError, Malformed, TooMany
from backend.identity.access import public
from backend.web.observing import note_refusal
from backend.web.requests import Config, Now, Patience, patience
from backend.web.shapes import read_as
from backend.web.telling import as_json
from scanner.errors import ScannerError

router = APIRouter()
Refusals = Annotated[Patience, Depends(patience("refusal", lambda settings: settings.captures.refusals_per_minute))]


async def _body(request: Request) -> bytes:
    """The request's body, as long as it keeps to the limit."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BATCH_BYTES_MAX:
            raise TooLarge(bytes_max=BATCH_BYTES_MAX)
    return bytes(body)


@router.post(
    "/captures",
    status_code=201,
    response_model=None,
    responses={
        200: {"model": ReceiptOut | ResultsOut, "description": "Taken before; or what became of an array, one by one."},
        201: {"model": ReceiptOut},
        "4XX": {"model": KeptRefusalOut, "description": "Refused, and kept with the reason."},
    },
    openapi_extra=read_as(CAPTURE_BODY),
)
@public
def capture(
    request: Request,
    response: Response,
    body: Annotated[bytes, Depends(_body)],
    settings: Config,
    now: Now,
    refusals: Refusals,
) -> ReceiptOut | ResultsOut | JSONResponse:
    """Take a capture: 201 new, 200 seen before, 4xx refused and kept. An array is answered item by item.

    What is kept of strangers costs us room: an address with too many refusals in a minute is asked to wait.
    """
    refusals.check()
    state = request.app.state
    desk = service.Desk(
        state.sessions,
        service.load_domain(settings.deployment_path),
        state.reactions,
        settings.captures.late_days,
        state.how_far,
    )
    try:
        value = _load(body)
    except JiulianError as error:
        refusals.spend()
        return _refused(request, error, desk.keep(error, body, now=now))
    if isinstance(value, list):
        response.status_code = 200
        return _answer_each(request, desk, value, now=now, refusals=refusals)
    return _answer(request, response, _take(desk, value, now=now, refusals=refusals))


def _take(desk: service.Desk, value: object, *, now: Now, refusals: Patience) -> service.Taken:
    taken = desk.take(value, now=now)
    if taken.refusal is not None:
        refusals.spend()
    return taken


def _load(body: bytes) -> object:
    try:
        value = service.load(body)
    except ScannerError as error:
        raise Malformed(str(error), field="message") from error
    if isinstance(value, list):
        if len(value) > BATCH_ITEMS_MAX:
            raise TooLarge(items=len(value), items_max=BATCH_ITEMS_MAX)
    elif len(body) > BODY_BYTES_MAX:
        raise TooLarge(bytes=len(body), bytes_max=BODY_BYTES_MAX)
    return value


def _answer(request: Request, response: Response, taken: service.Taken) -> ReceiptOut | JSONResponse:
    if taken.refusal is not None:
        return _refused(request, taken.refusal, taken.kept)
    assert taken.receipt is not None
    response.status_code = 201 if taken.receipt.fresh else 200
    return ReceiptOut(evidence=taken.receipt.evidence.hex(), state=taken.receipt.state, fresh=taken.receipt.fresh)


def _refused(request: Request, error: JiulianError, kept: int | None) -> JSONResponse:
    return JSONResponse(_refusal(request, error, kept), status_code=error.status)


def _answer_each(
    request: Request, desk: service.Desk, values: list[object], *, now: Now, refusals: Patience
) -> ResultsOut:
    results: list[TakenItemOut | RefusedItemOut] = []
    for value in values:
        try:
            refusals.check()
        except TooMany as error:
            results.append(_refused_item(request, error, None))
            continue
        taken = _take(desk, value, now=now, refusals=refusals)
        results.append(_item(request, taken))
    refused = sum(isinstance(each, RefusedItemOut) for each in results)
    return ResultsOut(accepted=len(results) - refused, refused=refused, results=results)


def _item(request: Request, taken: service.Taken) -> TakenItemOut | RefusedItemOut:
    if taken.refusal is not None:
        return _refused_item(request, taken.refusal, taken.kept)
    receipt = taken.receipt
    assert receipt is not None
    status = 201 if receipt.fresh else 200
    return TakenItemOut(status=status, evidence=receipt.evidence.hex(), state=receipt.state, fresh=receipt.fresh)


def _refused_item(request: Request, error: JiulianError, kept: int | None) -> RefusedItemOut:
    return RefusedItemOut.model_validate({"status": error.status, **_refusal(request, error, kept)})


def _refusal(request: Request, error: JiulianError, kept: int | None) -> dict[str, object]:
    note_refusal(request.scope, error)
    return {**as_json(request, error), "refusal": kept}
