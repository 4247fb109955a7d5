"""The indexer's process: check the node, follow it, wait out passing errors, stop at what a person must mend."""

import logging
from threading import Event

import psycopg

from ledger_indexer.bindings.deployments import CONTRACTS, Deployment, code_hash
from ledger_indexer.errors import Fenced, ForkMoved, NodeFault, NodeUnavailable, RangeTooLarge, WrongChain
from ledger_indexer.fetching.client import Node
from ledger_indexer.fetching.ranges import Sizer
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.following.heads import Heads
from ledger_indexer.mirror.store import Store
from ledger_indexer.settings import Settings

log = logging.getLogger(__name__)
_PASSING = (NodeUnavailable, NodeFault, ForkMoved, RangeTooLarge, Fenced, psycopg.OperationalError)
_PAUSE_S, _PAUSE_MOST_S = 0.2, 5.0
_BUSY_S = 5.0
"""How long a node that wants rest is waited for with what was fetched already kept in hand."""


class _Pauses:
    """Pauses between attempts, each twice as long as the last, until one of them comes to the newest block."""

    def __init__(self) -> None:
        self._next_s = _PAUSE_S

    def next(self) -> float:
        """The next pause, in seconds."""
        pause, self._next_s = self._next_s, min(_PAUSE_MOST_S, 2 * self._next_s)
        return pause

    def begin_again(self) -> None:
        """It went well: the next trouble is a new one."""
        self._next_s = _PAUSE_S


def run(settings: Settings, stop: Event) -> None:
    """Follow the chain until ``stop`` is set. Raises WrongChain or MirrorMissing, which only a person can mend."""
    deployment = load_deployment(settings)
    node = Node(settings.rpc_url, headers_per_call=settings.calls_per_batch, patience_s=_BUSY_S)
    sizer = Sizer(target=settings.logs_per_call, most=settings.blocks_per_call)
    heads = Heads(settings.socket_url)
    pauses = _Pauses()
    try:
        while not stop.is_set():
            try:
                check(node, deployment)
                _follow(settings, node, sizer, heads, deployment, stop, pauses)
            except _PASSING as error:
                rest = max(pauses.next(), getattr(error, "retry_after_s", 0.0))
                log.warning("%s; trying again in %.1f s", str(error).strip(), rest)
                stop.wait(rest)
    finally:
        heads.close()
        node.close()


def patient_node(settings: Settings, url: str | None = None) -> Node:
    """A node, by default the settings' own, for work that a person waits for: it is waited for while it is busy."""
    return Node(url or settings.rpc_url, headers_per_call=settings.calls_per_batch, patience_s=settings.patience_s)


def limits_of(settings: Settings) -> Limits:
    """The follower's part of the settings."""
    return Limits(
        window=settings.window,
        ahead=settings.ahead,
        logs_per_call=settings.logs_per_call,
        fall_after_s=settings.fall_after_s,
    )


def load_deployment(settings: Settings) -> Deployment:
    """Read the deployment file; raises WrongChain with a sentence for whoever started us."""
    try:
        return Deployment.load(settings.deployment)
    except (OSError, ValueError) as error:
        raise WrongChain(f"cannot read the deployment file {settings.deployment}: {error}") from error


def check(node: Node, deployment: Deployment) -> None:
    """Refuse a node whose chain does not hold our contracts; wait for one that has not got there yet."""
    chain_id = node.chain_id()
    if chain_id != deployment.chain_id:
        raise WrongChain(
            f"the node at {node.url} is on chain {chain_id}, the deployment on chain {deployment.chain_id}"
        )
    height = node.newest().number
    if height < deployment.block:
        raise NodeUnavailable(f"the node is at block {height}, before the deployment's block {deployment.block}")
    for name in CONTRACTS:
        address = getattr(deployment, name)
        code = node.code(address)
        if not code:
            raise WrongChain(f"there is no contract at {address}, where the deployment has {name}")
        expected = deployment.code_hashes.get(name)
        if expected is not None and code_hash(code) != expected.lower():
            raise WrongChain(f"the contract at {address} is not the {name} that was deployed: its code differs")


def _follow(
    settings: Settings, node: Node, sizer: Sizer, heads: Heads, deployment: Deployment, stop: Event, pauses: _Pauses
) -> None:
    store = Store(settings.database_url)
    try:
        limits = limits_of(settings)
        follower = Follower(node, store, deployment, limits, heads.seen, stopping=stop.is_set, sizer=sizer)
        log.info("following from block %d", follower.window.tip.number)
        head = node.newest()
        while not stop.is_set():
            follower.converge(head)
            pauses.begin_again()
            timeout = min(settings.poll_s, settings.fall_after_s or 0.05) if follower.fallen else settings.poll_s
            head = heads.wait(timeout, stop.wait) or node.newest()
    finally:
        store.close()
