"""The page of a party's movements: every step that changed what it holds, in bottles more or less."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from backend import clock
from backend.catalog import service as catalog
from backend.custody.rules import Movement
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import READERS, Principal
from backend.stock import service
from backend.stock.schemas import MovementList
from backend.web.exports import Field, exported
from backend.web.i18n import language_of
from backend.web.lists import ListView
from backend.web.rendering import page
from backend.web.requests import Session, Transaction
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)
Reader = Annotated[Principal, require(*READERS)]
Effect = tuple[Movement, int]
Row = tuple[Movement, int, str, str, str]
"""A movement, the bottles it added or took, its product's name, and the other company's GLN and name."""


@router.get("/stock/{gln}/movements")
def list_movements(
    request: Request, gln: str, session: Transaction, by: Reader, query: Annotated[MovementList, Query()]
) -> Response:
    """Movements that changed what one party holds, the newest first."""
    party = service.party_seen_by(session, gln, by)
    found = service.all_effects(session, gln)
    if query.format is not None:
        named = found.turned(partial(_with_names, gln=gln, language=language_of(request)))
        return exported(request, session, "movements", named, query, _FIELDS)
    shown = found.page(session, query.asked())
    others = {_other_of(said, gln) for said, _ in shown.items}
    return page(
        request,
        "stock/movements.html",
        view=ListView(page=shown, query=query),
        party=party,
        names=identity.names_of(session, {each for each in others if each}),
        products=catalog.products_of(session, [said.batch.gtin for said, _ in shown.items]),
        now=clock.now(),
    )


def _other_of(said: Movement, gln: str) -> str | None:
    """With whom a party moved goods."""
    return said.counterparty if said.party == gln else said.party


def _with_names(session: Session, effects: Sequence[Effect], *, gln: str, language: str) -> list[Row]:
    products = catalog.products_of(session, [said.batch.gtin for said, _ in effects])
    labels = {gtin: product.label(language) for gtin, product in products.items()}
    others = [_other_of(said, gln) or "" for said, _ in effects]
    names = identity.names_of(session, {each for each in others if each})
    return [
        (said, bottles, labels.get(said.batch.gtin, ""), other, names.get(other, ""))
        for (said, bottles), other in zip(effects, others, strict=True)
    ]


_FIELDS: list[Field[Row]] = [
    Field("时间", lambda row: row[0].at),
    Field("动作", lambda row: row[0].step, kind="step"),
    Field("产品", lambda row: row[2]),
    Field("GTIN", lambda row: row[0].batch.gtin),
    Field("批次号", lambda row: row[0].batch.batch),
    Field("瓶数", lambda row: row[1]),
    Field("对方", lambda row: row[4]),
    Field("对方 GLN", lambda row: row[3]),
    Field("迟报", lambda row: row[0].late),
    Field("证据", lambda row: row[0].evidence.hex()),
]
