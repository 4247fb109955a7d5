"""When the story is over: wait for the chain, count, fetch every page, say where to look."""

import time
from collections.abc import Callable
from typing import NotRequired, TypedDict

from rich.table import Table
from sqlalchemy import Engine, exists, select, tuple_

from backend import clock
from backend.cli.parts import console
from backend.db.engine import make_sessions, snapshot
from backend.db.views import catalog, orders, risk, verification
from backend.demo.company import ADMIN, BRAND, COMPLIANCE, SECOND, Company
from backend.demo.opening import AUDITOR, PARTY_ADMIN, PASSWORD, STORE, WAREHOUSE
from backend.demo.smoke import all_pages, fetch_all
from backend.demo.stage import Addresses
from backend.demo.totals import totals, unsettled
from backend.demo.trade import dealer_login
from backend.errors import Unavailable
from backend.reconciliation import service as reconciliation
from backend.reconciliation.rules import ReportShown
from backend.risk.rules import AlertKind
from scanner.labels.qr import qr_terminal

_PATIENCE_S = 180.0


def await_final_state(engine: Engine, say: Callable[[str], None]) -> None:
    """Wait until the mirror has confirmed every capture.

    Raises:
        Unavailable: it has not after three minutes.
    """
    deadline, shown_at = time.monotonic() + _PATIENCE_S, 0.0
    while (waiting := unsettled(engine)) > 0:
        if time.monotonic() > deadline:
            raise Unavailable(f"{waiting} captures are not on chain after {_PATIENCE_S:.0f} s; see the worker's log")
        if time.monotonic() - shown_at > 2:
            say(f"{waiting} captures on their way to the chain")
            shown_at = time.monotonic()
        time.sleep(0.2)


class Diversions(TypedDict):
    """Planted diversions against alerts: planted, found and attributed, missed, and dealers alerted beside them."""

    planted: int
    found: int
    missed: int
    beside: int


class Report(TypedDict):
    """What there is to see after the story; `good` says whether all was as expected."""

    web: str
    totals: dict[str, int]
    good: bool
    diversions: Diversions
    reconciliation: ReportShown
    honest: str
    diverted: str
    pages: NotRequired[list[dict[str, object]]]


def show(company: Company, addresses: Addresses, engine: Engine, *, smoke: bool) -> Report:
    """Print what there is to see; with `smoke` fetch every page first."""
    compared = compare_books(engine)
    honest, diverted = _bottles(company, engine)
    report: Report = {
        "web": addresses.web,
        "totals": totals(engine),
        "good": compared["differences"] == 0,
        "diversions": _found(company, engine),
        "reconciliation": compared,
        "honest": honest,
        "diverted": diverted,
    }
    if smoke:
        examples = {"bottle": diverted, **_examples(engine, company)}
        seen = fetch_all(addresses.web, all_pages(_accounts(company), examples))
        table = Table("who", "page", "status", "bytes", "ms", title="every page once")
        for each in seen:
            colour = "green" if each.good else "red"
            cells = (each.who, each.path, str(each.status), str(each.size), f"{each.seconds * 1000:.0f}")
            table.add_row(*cells, style=colour)
        console.print(table)
        report["pages"] = [each.__dict__ for each in seen]
        found_all = report["diversions"]["missed"] == 0
        report["good"] = report["good"] and found_all and all(each.good for each in seen)
    _print_totals(report)
    _print_doors(company, addresses, honest, diverted)
    return report


def compare_books(engine: Engine) -> ReportShown:
    """The books beside the mirror, once more; a difference is said at once."""
    with snapshot(make_sessions(engine)) as session:
        report = reconciliation.run(session, now=clock.now())
    for each in report.differences[:1]:
        console.print(f"[red]books and chain differ[/red] in {report.count} places: {each.sentence}")
    return report.as_json()


def _found(company: Company, engine: Engine) -> Diversions:
    with engine.connect() as connection:
        of_kind = select(risk.placed.c.dealer, risk.placed.c.places).where(risk.placed.c.kind == AlertKind.DIVERSION)
        alerts = connection.execute(of_kind).all()
    planted = {(diversion.dealer.gln, diversion.adcode) for diversion in company.plan.diversions}
    raised = {(row.dealer, place["adcode"]) for row in alerts for place in row.places}
    guilty = {dealer for dealer, _ in planted}
    beside = {row.dealer for row in alerts} - guilty
    return {
        "planted": len(planted),
        "found": len(planted & raised),
        "missed": len(planted - raised),
        "beside": len(beside),
    }


def _bottles(company: Company, engine: Engine) -> tuple[str, str]:
    """Paths of an honest and a diverted bottle that were scanned; unopened ones, if there are any."""
    seen, opened = verification.seen.c, verification.opened.c
    was_opened = exists().where(opened.gtin == seen.gtin, opened.serial == seen.serial)
    query = select(seen.gtin, seen.batch, seen.serial).where(seen.verdict_kind == "matches")
    first = query.order_by(was_opened, seen.id).limit(1)
    home = company.world.dealers[0].place.adcode
    at_home = [(home, product.gtin) for product in company.world.products]
    dumped = [(diversion.adcode, diversion.product.gtin) for diversion in company.plan.diversions]
    with engine.connect() as connection:
        found = [
            connection.execute(first.where(tuple_(seen.adcode, seen.gtin).in_(wanted))).one()
            for wanted in (at_home, dumped)
        ]
    honest, diverted = (f"/01/{each.gtin}/10/{each.batch}/21/{each.serial}" for each in found)
    return honest, diverted


def _accounts(company: Company) -> dict[str, str]:
    """Log-ins of the demo by the role they show."""
    dealer = dealer_login(company.world.dealers[0])
    names = {"admin": ADMIN, "brand": BRAND, "compliance": COMPLIANCE, "auditor": AUDITOR}
    return {**names, "store": STORE, "warehouse": WAREHOUSE, "dealer": dealer, "party_admin": PARTY_ADMIN}


def _examples(engine: Engine, company: Company) -> dict[str, str]:
    with engine.connect() as connection:
        order = connection.execute(select(orders.placed.c.id).order_by(orders.placed.c.id).limit(1)).scalar_one()
        raised, run = risk.raised.c, catalog.run_of_batch.c
        alert = connection.execute(select(raised.id).order_by(raised.id).limit(1)).scalar_one_or_none()
        gtin, batch = connection.execute(select(run.gtin, run.batch).order_by(run.batch).limit(1)).one()
    paths = {"alert": f"/alerts/{alert}", "batch": f"/batches/{gtin}/{batch}"}
    return {**paths, "order": str(order), "dealer": company.world.dealers[0].gln}


def _print_totals(report: Report) -> None:
    table = Table("what", "count", title="the world after the story")
    for name, count in report["totals"].items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    compared = report["reconciliation"]
    table.add_row("differences of books and chain", f"{compared['differences']} in {compared['compared']:,} rows")
    found = report["diversions"]
    table.add_row("planted diversions found", f"{found['found']} of {found['planted']}")
    table.add_row("dealers alerted beside them", str(found["beside"]))
    console.print(table)


def doors(dealer: str) -> tuple[tuple[str, str, str], ...]:
    """Somebody of each role: who it is, the log-in, and where the work begins."""
    return (
        ("合规 compliance", COMPLIANCE, "/alerts"),
        ("合规第二人 second of two", SECOND, "/parties"),
        ("品牌 brand", BRAND, "/"),
        ("仓库 warehouse", WAREHOUSE, "/warehouse"),
        ("经销商 dealer", dealer, "/orders"),
        ("门店 store", STORE, "/orders"),
        ("审计 auditor", AUDITOR, "/batches"),
        ("经销商的管理员 administrator of the dealer", PARTY_ADMIN, "/users"),
        ("管理员 administrator", ADMIN, "/users"),
    )


def _print_doors(company: Company, addresses: Addresses, honest: str, diverted: str) -> None:
    web = addresses.web
    table = Table("who", "log in as", "open", title=f"log-ins (password of all: {PASSWORD})")
    for who, account, path in doors(dealer_login(company.world.dealers[0])):
        table.add_row(who, account, web + path)
    console.print(table)
    for title, path in (("一瓶正常的酒 an honest bottle", honest), ("一瓶被串货的酒 a diverted bottle", diverted)):
        console.print(f"\n[bold]{title}[/bold]  {web}{path}")
        console.print(qr_terminal(web + path), highlight=False, markup=False)
    console.print(f"chain node {addresses.node.http}")
