"""Play the story: open the books, then every act in its order. Played again it changes nothing."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from backend.demo.client import Client
from backend.demo.company import COMPLIANCE, Company
from backend.demo.diversions import add_diversions
from backend.demo.opening import open_books
from backend.demo.plan import WEEKS, make_plan
from backend.demo.production import add_production
from backend.demo.trade import add_trade
from backend.demo.world import World
from scanner.device.signing import Domain


def prepare(world: World, client: Client, domain: Domain, today: date) -> Company:
    """The cast of a story that ends before `today`, nothing played yet."""
    company = Company(world, make_plan(world, today), client, domain)
    add_production(company)
    add_trade(company)
    add_diversions(company)
    for week in range(6, WEEKS + 1):
        at = company.plan.start + timedelta(weeks=week, hours=-1)
        company.schedule.add(at, "风险 score", lambda t: company.client.post("/risk/runs", {}, at=t, by=COMPLIANCE))
    return company


def play(company: Company, progress: Callable[[str, int], None]) -> Iterator[str]:
    """Perform the story; `progress(label, acts known so far)` is called after each act."""
    open_books(company)
    for label in company.schedule.play():
        progress(label, company.schedule.size)
        yield label
