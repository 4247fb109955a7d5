"""The page of a batch: where every unit of it is, who holds it, and each step with its evidence."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from backend import clock
from backend.capture.rules import BatchKey
from backend.catalog import service as catalog
from backend.custody import batch_history
from backend.custody.batch_history import ToldStep
from backend.custody.delivering import list_unsigned
from backend.custody.given_back import list_unconfirmed
from backend.custody.rules import BOTTLES, Account, Movement
from backend.custody.schemas import StepList
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.web.exports import Field, exported
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Session, Transaction
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*OVERSEERS)]
BESIDE = 50
"""Holders and consignments under way that a batch's page shows beside its steps."""


@router.get("/batches/{gtin}/{batch:path}")
def show_batch(
    request: Request, gtin: str, batch: str, session: Transaction, _: Reader, query: Annotated[StepList, Query()]
) -> Response:
    """One batch: its account, its holders, what it came from, and its steps with their state of evidence."""
    key = BatchKey(gtin, batch)
    if query.format is not None:
        account = batch_history.get_account(session, key)
        named = batch_history.steps_of(key).turned(lambda s, steps: _with_names(s, steps, account))
        return exported(request, session, "steps", named, query, _FIELDS)
    told = batch_history.get_story(session, key, query.asked(), most=BESIDE)
    movements, under_way = [each.said for each in told.steps.items], told.under_way.items[::-1]
    told_of = {each.consignment: each for each in list_unsigned(session, [one.evidence for one in under_way])}
    return page(
        request,
        "custody/batch.html",
        view=ListView(page=told.steps, query=query),
        told=told,
        under_way=under_way,
        told_of=told_of,
        kinds=batch_history.kinds_of(session, [key for key, _ in (*told.made_of, *told.used_for)]),
        backs={each.movement.evidence: each for each in list_unconfirmed(session, of=_sent_before(movements))},
        products={product.gtin: product for product in catalog.list_products(session)},
        names=identity.names_of(session, _parties_of(told)),
        now=clock.now(),
    )


def _sent_before(movements: Sequence[Movement]) -> set[bytes]:
    """Shipments that movements answer: whose receipts, returns and write-offs they are."""
    return {each.ref for each in movements if each.ref is not None}


def _glns(movements: Iterable[Movement]) -> set[str]:
    """Who made the steps, and with whom."""
    return {gln for each in movements for gln in (each.party, each.counterparty) if gln}


def _parties_of(told: batch_history.Story) -> set[str]:
    """GLNs that the page of a batch shows."""
    birth = told.summary.birth
    steps = _glns([*(each.said for each in told.steps.items), *([birth] if birth else [])])
    under_way = {gln for each in told.under_way.items for gln in (each.sender, each.addressee)}
    return steps | under_way | {each.party for each in told.holdings.items}


Row = tuple[ToldStep, Account, str, str]
"""A step of a batch, and the names of who made it and with whom."""


def _with_names(session: Session, steps: Sequence[ToldStep], account: Account) -> list[Row]:
    names = identity.names_of(session, _glns(each.said for each in steps))
    return [
        (each, account, names.get(each.said.party, ""), names.get(each.said.counterparty or "", "")) for each in steps
    ]


_FIELDS: list[Field[Row]] = [
    Field("时间", lambda row: row[0].said.at),
    Field("动作", lambda row: row[0].said.step, kind="step"),
    Field("数量", lambda row: row[0].said.quantity),
    Field("计量", lambda row: row[1].uom or BOTTLES, kind="measure"),
    Field("主体", lambda row: row[2]),
    Field("主体 GLN", lambda row: row[0].said.party),
    Field("对方", lambda row: row[3]),
    Field("对方 GLN", lambda row: row[0].said.counterparty),
    Field("迟报", lambda row: row[0].said.late),
    Field("已声明有误", lambda row: row[0].error is not None),
    Field("证据", lambda row: row[0].said.evidence.hex()),
    Field("证据状态", lambda row: row[0].state, kind="evidence"),
]
