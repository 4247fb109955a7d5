"""Pages of lists: batches, where every unit of each is, and what cannot be true beside what was said before."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from backend import clock
from backend.capture.gateway import PARTY as GATEWAY
from backend.catalog import service as catalog
from backend.custody import batch_history, finding_lists
from backend.custody.rules import BOTTLES, Account, BatchKind
from backend.custody.schemas import BatchList, FindingList
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.units import foreign
from backend.units.told import KeptFinding
from backend.web.exports import Field, exported
from backend.web.i18n import language_of
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Session, Transaction
from backend.web.routes import ForPeople
from backend.web.vocabulary import say

router = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*OVERSEERS)]


@router.get("/batches")
def list_batches(request: Request, session: Transaction, _: Reader, query: Annotated[BatchList, Query()]) -> Response:
    """Batches, the youngest first."""
    found, counts = batch_history.listing(session, kind=query.kind, words=query.q)
    if query.format is not None:
        named = found.turned(partial(_with_names, language=language_of(request)))
        return exported(request, session, "batches", named, query, _FIELDS)
    shown = found.page(session, query.asked())
    return page(
        request,
        "custody/list.html",
        view=ListView(page=shown, query=query),
        counts=[(each, counts[each]) for each in BatchKind if counts.get(each)],
        all=_sum(counts),
        whole=_sum(batch_history.listing(session)[1]) if query.q.strip() else _sum(counts),
        products=catalog.products_of(session, [each.batch.gtin for each in shown.items]),
        now=clock.now(),
    )


def _sum(counts: Mapping[BatchKind, int]) -> int:
    """How many batches there are of all kinds; what is recalled is one of them."""
    return sum(number for kind, number in counts.items() if kind != BatchKind.RECALLED)


def _with_names(session: Session, accounts: Sequence[Account], *, language: str) -> list[tuple[Account, str, str]]:
    """Each with the names of its product and its maker."""
    products = catalog.products_of(session, [each.batch.gtin for each in accounts])
    labels = {gtin: product.label(language) for gtin, product in products.items()}
    names = identity.names_of(session, [each.maker for each in accounts if each.maker])
    return [
        (each, labels.get(each.batch.gtin) or say("batch", each.kind, language), names.get(each.maker or "", ""))
        for each in accounts
    ]


_FIELDS: list[Field[tuple[Account, str, str]]] = [
    Field("批次", lambda row: row[0].batch.batch),
    Field("GTIN", lambda row: row[0].batch.gtin),
    Field("产品", lambda row: row[1]),
    Field("种类", lambda row: row[0].kind, kind="batch"),
    Field("计量", lambda row: row[0].uom or BOTTLES, kind="measure"),
    Field("由来", lambda row: row[0].born_by, kind="step"),
    Field("时间", lambda row: row[0].born_at),
    Field("生产方", lambda row: row[2]),
    Field("生产方 GLN", lambda row: row[0].maker),
    Field("产出", lambda row: row[0].born),
    Field("持有", lambda row: row[0].held),
    Field("在途", lambda row: row[0].in_transit),
    Field("售出", lambda row: row[0].sold),
    Field("损耗", lambda row: row[0].lost),
    Field("投料", lambda row: row[0].consumed),
    Field("已召回", lambda row: row[0].recalled),
]


@router.get("/findings")
def list_findings(
    request: Request, session: Transaction, _: Reader, query: Annotated[FindingList, Query()]
) -> Response:
    """Events that cannot be true beside what was said before, the newest first: kept as evidence, moving nothing.

    Before the first page stands what parties told the contract past our desk.
    """
    found = finding_lists.listing(query)
    if query.format is not None:
        return exported(request, session, "findings", found.turned(_with_things), query, _FINDING_FIELDS)
    shown = found.page(session, query.asked())
    parties, kinds = finding_lists.counts(session)
    things = list(zip(shown.items, foreign.things_of(session, [each.unit for each in shown.items]), strict=True))
    return page(
        request,
        "custody/findings.html",
        view=ListView(page=shown.turned(lambda _: things), query=query),
        past_kind=finding_lists.PAST,
        names=identity.names_of(session, {*parties}),
        gateway=GATEWAY,
        products=catalog.products_of(session, [thing.gtin for _, thing in things if thing.gtin]),
        parties=parties,
        kinds=kinds,
        whole=sum(kinds.values()),
        now=clock.now(),
    )


def _with_things(session: Session, findings: Sequence[KeptFinding]) -> list[tuple[KeptFinding, foreign.Thing, str]]:
    names = identity.names_of(session, {each.party for each in findings})
    things = foreign.things_of(session, [each.unit for each in findings])
    return [(each, thing, names.get(each.party, "")) for each, thing in zip(findings, things, strict=True)]


_FINDING_FIELDS: list[Field[tuple[KeptFinding, foreign.Thing, str]]] = [
    Field("矛盾", lambda row: row[0].kind, kind="finding"),
    Field("记录时间", lambda row: row[0].found_at),
    Field("瓶或箱", lambda row: row[1].code),
    Field("GTIN", lambda row: row[1].gtin),
    Field("批次号", lambda row: row[1].batch),
    Field("来源", lambda row: row[2]),
    Field("来源 GLN", lambda row: row[0].party),
    Field("采集", lambda row: row[0].evidence.hex()),
    Field("对照事件", lambda row: row[0].against.hex() if row[0].against else None),
]
