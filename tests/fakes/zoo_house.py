"""A house whose whole traffic with the chain goes through one kind of node: relayer, indexer, whoever asks later."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import deploying
from backend.anchoring import service as anchoring
from backend.anchoring.jobs.carriers import SANCTIONER_ACCOUNT
from backend.capabilities import JOBS
from backend.settings import Chain, Risk, Settings
from backend.worker import Worker
from backend.working import Work
from ledger_indexer.following import run as indexer
from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.node.keys import address_of
from ledger_indexer.settings import Settings as IndexerSettings
from tests.fakes.zoo import Keeper, Kind
from tests.kit.house import House


class ZooHouse(House):
    """A house whose jobs are run by the product's own worker, which waits out what time heals."""

    def settle(self, seconds: float = 150) -> None:
        """Wait until everything captured is final or refused."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.sessions() as session:
                states = anchoring.count_states(session)
            if states and all(state in ("final", "refused") for _, state in states):
                return
            time.sleep(0.1)
        raise AssertionError(f"not on chain in time: {states}")


@contextmanager
def open_zoo_house(home: Path, database_url: str, sessions: sessionmaker[Session], kind: Kind) -> Iterator[ZooHouse]:
    """A chain, a keeper before it with a kind's manners; contracts, indexer and worker know only the keeper."""
    home.mkdir(parents=True, exist_ok=True)
    with EmbeddedChain(home / "chain", options=("--block-ms", "50")) as node, Keeper(node.http, kind) as keeper:
        settings = Settings(
            home=home, database_url=database_url, risk=Risk(every_hours=0), chain=Chain(rpc_url=keeper.url)
        )
        sanctioner = bytes.fromhex(address_of(node.keys(SANCTIONER_ACCOUNT + 1)[SANCTIONER_ACCOUNT])[2:])
        deployment = deploying.deploy(
            keeper.url, node.keys()[0], sanctioner=sanctioner, sanction_delay=timedelta(0), finality_depth=0
        )
        deployment.save(settings.deployment_path)
        following = IndexerSettings(
            database_url=database_url, rpc_url=keeper.url, deployment=settings.deployment_path, ws_url="-", poll_s=0.2
        )
        stop = threading.Event()
        worker = Worker(Work(settings, sessions), JOBS, stop)
        threads = [
            threading.Thread(target=indexer.run, args=(following, stop)),
            threading.Thread(target=worker.run),
        ]
        for thread in threads:
            thread.start()
        try:
            yield ZooHouse(settings, sessions, worker.work, keeper.url)
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
