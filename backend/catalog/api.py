"""Endpoints of the catalogue for programs: products, prices, code runs."""

import csv
import io
import secrets
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, Response

from backend.catalog import service
from backend.catalog.rules import Price, Product, prefix_of
from backend.catalog.schemas import CaseOut, CodeRunIn, CodeRunOut, PriceIn, PriceOut, ProductIn, ProductOut
from backend.errors import Malformed
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, READERS, Principal
from backend.web.requests import Now, Transaction
from backend.web.shapes import REFUSALS_OF_FILES
from scanner.codes.run import CodeRun
from scanner.codes.run_file import COLUMNS
from scanner.errors import Malformed as Unreadable
from scanner.gs1.identifiers import Gtin

router = APIRouter()
Brand = Annotated[Principal, require("brand")]
Reader = Annotated[Principal, require(*READERS)]


class Csv(Response):
    """A file of values separated by commas."""

    media_type = "text/csv"


def _gtin(text: str) -> str:
    try:
        return Gtin.parse(text).value
    except Unreadable as error:
        raise Malformed(str(error), field="gtin") from error


@router.get("/products")
def list_products(session: Transaction, _: Reader) -> list[ProductOut]:
    """All products."""
    return [ProductOut(**asdict(product)) for product in service.list_products(session)]


@router.post("/products", status_code=201)
def add_product(body: ProductIn, session: Transaction, now: Now, _: Brand) -> ProductOut:
    """Add a product; the same again is answered alike."""
    product = Product(**{**body.model_dump(), "gtin": _gtin(body.gtin)})
    service.add_product(session, product, now=now)
    return ProductOut(**asdict(product))


@router.post("/prices", status_code=201)
def set_price(body: PriceIn, session: Transaction, now: Now, _: Brand) -> PriceOut:
    """Set a price for a region and time; the same again is answered alike."""
    price = Price(body.gtin, prefix_of(body.adcode), body.amount_fen, body.floor_fen, body.valid_from, body.valid_to)
    service.set_price(session, price, now=now)
    return PriceOut(**asdict(price))


@router.get("/prices")
def list_prices(
    session: Transaction, _: Annotated[Principal, require(*OVERSEERS)], gtin: str | None = None
) -> list[PriceOut]:
    """All prices, or those of a product."""
    return [PriceOut(**asdict(price)) for price in service.list_prices(session, gtin)]


def _run_file(run: CodeRun) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((unit.gtin, unit.batch, unit.serial, unit.inner, unit.sscc) for unit in run.units)
    return text.getvalue()


@router.post(
    "/code-runs",
    status_code=201,
    response_model=CodeRunOut,
    responses={
        200: {"model": CodeRunOut, "description": "The batch has these codes already."},
        201: {"content": {"text/csv": {"schema": {"type": "string"}}}},
    },
)
def make_code_run(
    body: CodeRunIn,
    response: Response,
    session: Transaction,
    now: Now,
    _: Brand,
    accept: Annotated[str, Header()] = "",
) -> CodeRunOut | Response:
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
        return Csv(_run_file(run), 201, headers)
    response.status_code = 201 if run else 200
    return CodeRunOut(
        gtin=record.gtin,
        batch=record.batch,
        count=record.count,
        case_size=record.case_size,
        units_root=record.root.hex(),
        cases=[CaseOut(**asdict(case)) for case in service.list_cases(session, record)],
        run_file=_run_file(run) if run else None,
    )


@router.get("/code-runs/{gtin}/{batch}/units.csv", response_class=Csv, responses=REFUSALS_OF_FILES)
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
    return Csv(text.getvalue())
