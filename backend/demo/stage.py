"""The processes of a house on this machine: database, chain, contracts, web, indexer, worker."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2

from backend.anchoring.jobs.carriers import SANCTIONER_ACCOUNT
from backend.cli.parts import migrated_database
from backend.cli.serve import listening_socket
from backend.db import embedded
from backend.demo.processes import Process, Supervisor
from backend.errors import Unavailable
from backend.nodes import Node, find_node, get_node
from backend.settings import Settings
from ledger_indexer.node.keys import address_of, relayer_keys

_START_PATIENCE_S = 60.0
OF_CODE = ("web", "indexer", "worker")
"""Those that run code of ours which changes while it is written."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts answer."""

    web: str
    node: Node
    database_url: str


class Stage:
    """Everything a house runs. `keep_up` must be called now and then; it starts again what died.

    `environment` is for web, indexer and worker, on top of what they must know of each other; those of them that are
    named in `without` somebody else starts.
    """

    def __init__(
        self,
        settings: Settings,
        say: Callable[[str], None],
        environment: Mapping[str, str],
        without: Collection[str] = (),
    ) -> None:
        self._settings = settings
        self._say = say
        self._environment = environment
        self._without = frozenset(without)
        self._listening: socket.socket | None = None
        self._supervisor = Supervisor(say)
        self.addresses: Addresses | None = None

    def start(self) -> Addresses:
        """Start all parts, in the order in which they need one another.

        Raises:
            Unavailable: a part did not answer within a minute.
        """
        settings = self._settings
        self._say("starting PostgreSQL")
        database_url = migrated_database(settings)
        node = self._start_chain()
        if not settings.deployment_path.exists():
            self._say("deploying the contracts")
            from backend.anchoring import deploying  # with web3, which takes seconds to import and is needed once

            deployment = deploying.deploy(
                node.http,
                self._first_key(),
                sanctioner=self._sanctioner(),
                sanction_delay=timedelta(0),
                finality_depth=self._finality_depth(),
            )
            deployment.save(settings.deployment_path)
        self._say(f"starting {' and '.join(each for each in OF_CODE if each not in self._without) or 'nothing else'}")
        port = self._listen()
        web = f"http://{settings.web.host}:{port}"
        environment = {
            "JIULIAN_HOME": str(settings.home.resolve()),
            "JIULIAN_DATABASE_URL": database_url,
            "JIULIAN_CHAIN_RPC_URL": node.http,
            "JIULIAN_RECONCILIATION_EVERY_MINUTES": str(settings.reconciliation.every_minutes),
            "JIULIAN_WEB_PORT": str(port),
            **self._environment,
        }
        index = ["index", "run", "--deployment", str(settings.deployment_path), "--rpc", node.http]
        if node.ws:
            index += ["--ws", node.ws]
        assert self._listening
        fd = self._listening.fileno()
        parts = {"web": ["serve", "--fd", str(fd)], "indexer": index, "worker": ["work"]}
        for name in OF_CODE:
            if name not in self._without:
                self._add(name, parts[name], environment, (fd,) if name == "web" else ())
        if "web" in self._without:
            self._listening.close()  # whoever starts it takes the port
        else:
            self._await(web + "/readyz", "the web server")
        remember(settings.home, port=port)
        self.addresses = Addresses(web, node, database_url)
        return self.addresses

    def _listen(self) -> int:
        """The port on which people find the house, the same as last time where it is free. It stays open as long as we
        do and is handed to each web server, so that nobody can take it in between."""
        known = recall(self._settings.home).get("port")
        web = self._settings.web
        self._listening = listening_socket(web.host, known if isinstance(known, int) else web.port)
        return int(self._listening.getsockname()[1])

    def _first_key(self) -> bytes | str:
        """The key that deploys: the operator's first on his own chain, the embedded chain's own otherwise."""
        keys = self._settings.chain.relayer_keys
        if keys:
            return keys[0].get_secret_value()
        if self._settings.chain.rpc_url:
            raise Unavailable("on a chain of your own somebody has to pay: set JIULIAN_CHAIN_RELAYER_KEYS")
        return relayer_keys(self._settings.chain_home)[0]

    def _sanctioner(self) -> bytes:
        """Address of the account that changes standings, and does nothing else."""
        own = self._settings.chain.sanctioner_key
        if own is not None:
            return bytes.fromhex(address_of(bytes.fromhex(own.get_secret_value().removeprefix("0x")))[2:])
        if self._settings.chain.rpc_url:
            raise Unavailable("on a chain of your own a second key changes standings: set JIULIAN_CHAIN_SANCTIONER_KEY")
        keys = relayer_keys(self._settings.chain_home, SANCTIONER_ACCOUNT + 1)
        return bytes.fromhex(address_of(keys[SANCTIONER_ACCOUNT])[2:])

    def _finality_depth(self) -> int:
        return self._settings.chain.finality_depth if self._settings.chain.rpc_url else 0

    def _start_chain(self) -> Node:
        if self._settings.chain.rpc_url:
            self._say(f"using the chain at {self._settings.chain.rpc_url}")
            return get_node(self._settings)
        self._say("starting the embedded chain")
        home = self._settings.chain_home
        (home / "rpc.json").unlink(missing_ok=True)
        self._add("chain", ["chain", "run", "--home", str(home)], {})
        deadline = time.monotonic() + _START_PATIENCE_S
        while time.monotonic() < deadline:
            self._supervisor.check()
            node = find_node(self._settings)
            if node and self._answers(node.http):
                return node
            time.sleep(0.1)
        raise Unavailable("the embedded chain did not start within a minute")

    def _answers(self, url: str) -> bool:
        try:
            call = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
            return httpx2.post(url, json=call, timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def _add(self, name: str, arguments: list[str], environment: dict[str, str], handed: tuple[int, ...] = ()) -> None:
        log = self._settings.home / "logs" / f"{name}.log"
        self._supervisor.add(Process(name, [sys.executable, "-m", "backend", *arguments], log, environment, handed))

    def _await(self, url: str, what: str) -> None:
        deadline = time.monotonic() + _START_PATIENCE_S
        while time.monotonic() < deadline:
            self._supervisor.check()
            try:
                if httpx2.get(url, timeout=2).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.1)
        raise Unavailable(f"{what} did not answer within a minute")

    def keep_up(self) -> None:
        """Start again what died, the database too."""
        if self._settings.database_url is None and not embedded.is_running(self._settings.home):
            self._say("PostgreSQL ended; starting it again")
            embedded.ensure(self._settings.home)
        self._supervisor.check()

    def reload(self) -> None:
        """Start again what runs our code, on the same port; database and chain stay."""
        self._supervisor.again(*OF_CODE)

    def stop(self) -> None:
        """Stop everything this stage started."""
        self._supervisor.stop()
        if self._listening is not None:
            self._listening.close()
        if self._settings.database_url is None:
            embedded.stop(self._settings.home)


def remember(home: Path, **facts: object) -> None:
    """Keep facts of the demo across runs, written whole or not at all."""
    path = home / "demo.json"
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        known = {}
    home.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(json.dumps({**known, **facts}))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def recall(home: Path) -> dict[str, object]:
    """What earlier runs of the demo left to remember."""
    try:
        known: dict[str, object] = json.loads((home / "demo.json").read_text())
        return known
    except (OSError, ValueError):
        return {}
