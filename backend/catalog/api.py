"""Endpoints of the catalogue for programs: products, prices, code runs."""

import csv
import io
import secrets
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

from backend.catalog import service
from backend.catalog.rules import Price, Product, prefix_of
from backend.catalog.schemas import CodeRunIn, PriceIn, ProductIn
from backend.errors import Malformed
from backend.identity.access import require
from backend.identity.rules import Principal
from backend.web.requests import Now, Transaction
from scanner.codes.run import CodeRun
from scanner.codes.run_file import COLUMNS
from scanner.errors import Malformed as Unreadable
from scanner.gs1.identifiers import Gtin

router = APIRouter()
Brand = Annotated[Principal, require("brand")]
Trader = Annotated[Principal, require("brand", "dealer", "store", "warehouse", "compliance", "auditor")]


def _gtin(text: str) -> str:
    try:
        return Gtin.parse(text).value
    except Unreadable as error:
        raise Malformed(str(error), field="gtin") from error


@router.get("/products")
def list_products(session: Transaction, _: Trader) -> object:
    """All products."""
    return [asdict(product) for product in service.list_products(session)]


@router.post("/products", status_code=201)
def add_product(body: ProductIn, session: Transaction, now: Now, _: Brand) -> object:
    """Add a product; the same again is answered alike."""
    product = Product(**{**body.model_dump(), "gtin": _gtin(body.gtin)})
    service.add_product(session, product, now=now)
    return asdict(product)


@router.post("/prices", status_code=201)
def set_price(body: PriceIn, session: Transaction, now: Now, _: Brand) -> object:
    """Set a price for a region and time; the same again is answered alike."""
    price = Price(body.gtin, prefix_of(body.adcode), body.amount_fen, body.floor_fen, body.valid_from, body.valid_to)
    service.set_price(session, price, now=now)
    return asdict(price)


@router.get("/prices")
def list_prices(
    session: Transaction, _: Annotated[Principal, require("brand", "compliance", "auditor")], gtin: str | None = None
) -> object:
    """All prices, or those of a product."""
    return [asdict(price) for price in service.list_prices(session, gtin)]


def _run_file(run: CodeRun) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((unit.gtin, unit.batch, unit.serial, unit.inner, unit.sscc) for unit in run.units)
    return text.getvalue()


@router.post("/code-runs", status_code=201)
def make_code_run(
    body: CodeRunIn,
    session: Transaction,
    now: Now,
    _: Brand,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Make the codes of a batch. Inner codes leave the house here and only once: `run_file`, for printer and safe.

    201 with the run file when made; 200 without it when the batch has these codes already. With `Accept: text/csv`
    the run file itself is the answer.
    """
    order = service.CodeRunOrder(**body.model_dump())
    try:
        record, run = service.make_code_run(session, order, random=secrets.token_bytes, now=now)
    except Unreadable as error:
        raise Malformed(str(error), field=error.field) from error
    if run is not None and accept.startswith("text/csv"):
        name = f"{record.gtin}-{record.batch.replace('/', '_')}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Units-Root": record.root.hex()}
        return Response(_run_file(run), 201, headers, "text/csv; charset=utf-8")
    cases = [asdict(case) for case in service.list_cases(session, record)]
    answer = {
        "gtin": record.gtin,
        "batch": record.batch,
        "count": record.count,
        "case_size": record.case_size,
        "units_root": record.root.hex(),
        "cases": cases,
        "run_file": _run_file(run) if run else None,
    }
    return JSONResponse(answer, status_code=201 if run else 200)


@router.get("/code-runs/{gtin}/{batch}/units.csv")
def download_units(gtin: str, batch: str, session: Transaction, _: Brand) -> Response:
    """What may be known of a batch's bottles: serial, case and leaf; never an inner code."""
    record = service.get_code_run(session, gtin, batch)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["index", "gtin", "batch", "serial", "sscc", "inner_sha256"])
    writer.writerows(
        (unit.index, unit.gtin, unit.batch, unit.serial, unit.sscc, unit.inner_hash)
        for unit in service.list_units(session, record)
    )
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8")
