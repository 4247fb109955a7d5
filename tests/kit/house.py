"""A whole house for tests: a real node with our contracts, the indexer that follows it, the worker's jobs, and the
story of one batch from grain to a store, told through the front door of capture.

    with open_house(tmp_path, database_url, sessions) as house:
        story = tell_story(house)           # captured
        house.settle()                      # on chain, mirrored, final
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import deploying
from backend.anchoring import service as anchoring
from backend.anchoring.jobs.carriers import SANCTIONER_ACCOUNT
from backend.capabilities import JOBS
from backend.catalog import service as catalog
from backend.catalog.rules import Product, Unit
from backend.identity import service as identity
from backend.identity.rules import Location
from backend.settings import Risk, Settings
from backend.working import Work
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.following import run as indexer
from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.node.keys import address_of
from ledger_indexer.settings import Settings as IndexerSettings
from scanner.codes.run import make_run
from scanner.device import events, signing
from scanner.device.events import Lot, case_uri
from tests.kit.people import BRAND, DEALER, GRAIN, LIQUOR, NOW, SPIRIT, STORE, WAREHOUSE, enrol, register_of
from tests.kit.trade import Trade

WINE = Product(LIQUOR, "云岭陈酿 52度", "Yunling Aged 52", 500, 520, 24)
CITIES = {BRAND: "511500", WAREHOUSE: "510100", DEALER: "510100", STORE: "330100"}
BATCH = "B2601"


def deploy(node: EmbeddedChain, *, delay: timedelta = timedelta(0)) -> Deployment:
    """The contracts on a fresh node, with the accounts that the worker works with."""
    keys = node.keys(SANCTIONER_ACCOUNT + 1)
    sanctioner = bytes.fromhex(address_of(keys[SANCTIONER_ACCOUNT])[2:])
    return deploying.deploy(node.http, keys[0], sanctioner=sanctioner, sanction_delay=delay, finality_depth=0)


@dataclass
class House:
    """Where everything is."""

    settings: Settings
    sessions: sessionmaker[Session]
    work: Work
    node: str

    @property
    def deployment(self) -> Deployment:
        """The contracts."""
        return Deployment.load(self.settings.deployment_path)

    def settle(self, seconds: float = 40) -> None:
        """Run the worker's jobs until everything captured is final or refused."""
        self.until(lambda session: all(s in ("final", "refused") for _, s in anchoring.count_states(session)), seconds)

    def until(self, done: Callable[[Session], bool], seconds: float = 40) -> None:
        """Run the worker's jobs until something is so."""
        deadline = time.monotonic() + seconds
        while True:
            for _, step, _ in JOBS:
                step(self.work)
            with self.sessions() as session:
                if done(session):
                    return
            assert time.monotonic() < deadline, "the jobs did not get there in time"
            time.sleep(0.02)


@contextmanager
def open_house(
    home: Path,
    database_url: str,
    sessions: sessionmaker[Session],
    *,
    settings: Settings | None = None,
    sanction_delay: timedelta = timedelta(0),
) -> Iterator[House]:
    """A node with contracts under `home`, and an indexer that follows it until the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    settings = (settings or Settings()).model_copy(
        update={"home": home, "database_url": database_url, "risk": Risk(every_hours=0)}
    )
    with EmbeddedChain(home / "chain", options=("--block-ms", "50")) as node:
        deploy(node, delay=sanction_delay).save(settings.deployment_path)
        stop = threading.Event()
        following = IndexerSettings(
            database_url=database_url, rpc_url=node.http, deployment=settings.deployment_path, ws_url="-", poll_s=0.1
        )
        thread = threading.Thread(target=indexer.run, args=(following, stop))
        thread.start()
        try:
            yield House(settings, sessions, Work(settings, sessions), node.http)
        finally:
            stop.set()
            thread.join(10)


@dataclass
class Story:
    """One batch in two cases of 24; the first went all the way. `shipped` are the consignments by addressee.

    `inner` are the codes under the caps, by a unit's index.
    """

    gone: list[Unit]
    kept: list[Unit]
    shipped: dict[str, bytes]
    inner: list[str]


def path_of(unit: Unit) -> str:
    """A bottle's Digital Link without the domain."""
    return f"/01/{unit.gtin}/10/{unit.batch}/21/{unit.serial}"


def tell_story(house: House, *, until: str = STORE, ended: datetime = NOW) -> Story:
    """Capture the way of one batch, as far as the holder `until`; about `ended` at the latest."""
    deployment = house.deployment
    domain = signing.Domain(deployment.chain_id, bytes.fromhex(deployment.batch_ledger[2:]))
    with house.sessions.begin() as session:
        trade = Trade(session, at=ended - timedelta(days=400), domain=domain)
        enrol(session, now=trade.at, register=register_of(deployment))
        catalog.add_product(session, WINE, now=trade.at)
        for gln, adcode in CITIES.items():
            identity.add_location(session, Location(gln, gln, f"place {gln}", adcode, 30.0, 104.0))
        run = make_run(LIQUOR, BATCH, 48, 24, "06901234", Random(BATCH).randbytes, first_case=7)
        catalog.add_code_run(session, run, now=trade.at)
        _make(trade, run.root)
        units = catalog.list_units(session, catalog.get_code_run(session, LIQUOR, BATCH))
        shipped = _carry(trade, units[0].sscc, until, ended)
    return Story(units[:24], units[24:], shipped, [unit.inner for unit in run.units])


def _make(trade: Trade, root: bytes) -> None:
    grain = Lot(GRAIN, "G24", 30_000, "KGM")
    trade.harvest("G24", 30_000)
    trade.at += timedelta(days=90)
    spirit = Lot(SPIRIT, "S25", 9_000, "LTR")
    trade.make("distil", [grain], spirit)
    trade.at += timedelta(days=200)
    trade.submit(events.age(trade.place(BRAND), spirit), by=BRAND)
    wine = Lot(LIQUOR, BATCH, 48)
    trade.make("bottle", [spirit], wine)
    trade.submit(events.inspect(trade.place(BRAND), wine), by=BRAND)
    trade.submit(events.commission(trade.place(BRAND), wine, root), by=BRAND)


def _carry(trade: Trade, sscc: str, until: str, ended: datetime) -> dict[str, bytes]:
    shipped = {}
    for index, (sender, holder) in enumerate(((BRAND, WAREHOUSE), (WAREHOUSE, DEALER), (DEALER, STORE))):
        trade.at = ended - timedelta(days=30 - 8 * index)
        shipped[holder] = trade.move(24, to=holder, by=sender, batch=BATCH, epcs=[case_uri(sscc)])
        if holder == until:
            break
    return shipped
