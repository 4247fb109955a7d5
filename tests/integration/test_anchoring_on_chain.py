"""Captures on a real chain: the embedded node, the real contracts, the real indexer, the worker's jobs."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend import clock
from backend.anchoring import service
from backend.anchoring.jobs.carriers import LANES
from backend.anchoring.rules import LOG
from backend.capabilities import JOBS
from backend.identity import keys
from backend.identity.store import set_standing
from backend.settings import Risk, Settings
from backend.working import Work
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.following import run as indexer
from ledger_indexer.mirror import queries
from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.settings import Settings as IndexerSettings
from scanner.device import events, signing
from scanner.device.events import Lot, Parties
from scanner.device.names import batch_id, party_id
from scanner.evidence.proof import verify_inclusion
from scanner.evidence.tree import leaf_hash
from tests.kit.house import deploy
from tests.kit.people import BRAND, DEALER, LIQUOR, STORE, enrol, register_of, signer
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration


@pytest.fixture
def work(tmp_path: Path, database_url: str, sessions: sessionmaker[Session]) -> Iterator[Work]:
    """A node with contracts, an indexer that follows it, and what jobs work with."""
    settings = Settings(home=tmp_path, database_url=database_url, risk=Risk(every_hours=0))
    with EmbeddedChain(tmp_path / "chain", options=("--block-ms", "50")) as node:
        deployment = deploy(node)
        deployment.save(settings.deployment_path)
        stop = threading.Event()
        following = IndexerSettings(
            database_url=database_url, rpc_url=node.http, deployment=settings.deployment_path, ws_url="-", poll_s=0.05
        )
        thread = threading.Thread(target=indexer.run, args=(following, stop))
        thread.start()
        yield Work(settings, sessions)
        stop.set()
        thread.join(10)


def until(work: Work, done: Callable[[Session], bool], seconds: float = 30) -> None:
    """Run the worker's jobs until something is so."""
    deadline = time.monotonic() + seconds
    while True:
        for _, step, _ in JOBS:
            step(work)
        with work.sessions() as session:
            if done(session):
                return
        assert time.monotonic() < deadline, "the jobs did not get there in time"
        time.sleep(0.02)


def settled(session: Session) -> bool:
    assert session.execute(text("select count(*) from intent where state = 'reverted'")).scalar_one() == 0
    return all(state in ("final", "refused") for _, state in service.count_states(session))


@pytest.fixture
def trade(work: Work) -> Iterator[Trade]:
    domain = signing.Domain(*_contract(work))
    with work.sessions() as session:
        enrol(session, register=register_of(Deployment.load(work.settings.deployment_path)))
        session.commit()
        yield Trade(session, domain=domain)


def _contract(work: Work) -> tuple[int, bytes]:
    deployment = Deployment.load(work.settings.deployment_path)
    return deployment.chain_id, bytes.fromhex(deployment.batch_ledger[2:])


def test_what_was_captured_stands_on_chain_as_the_product_tells_it(work: Work, trade: Trade) -> None:
    trade.bottle(quantity=100)
    shipped = trade.move(60, to=DEALER)
    trade.ship(24, to=STORE, by=DEALER)
    sample = {**events.inspect(trade.place(BRAND), Lot(LIQUOR, "B1", 1)), "bizStep": "sampling"}
    witnessed = trade.submit(sample, by=BRAND)
    scan = service.add_leaf(trade.db, "scan", {"place": "440100", "seen": 1}, now=clock.now())
    trade.db.commit()
    until(work, settled)
    with work.sessions() as session:
        mirror = session.connection()
        batch = batch_id(LIQUOR, "B1")
        held = {(h.party): h.held for h in queries.holdings(mirror, batch=batch)}
        assert held == {party_id(BRAND): 40, party_id(DEALER): 36}
        (totals,) = queries.totals(mirror, batch)
        assert (totals.born, totals.held, totals.in_transit) == (100, 76, 24)
        state = service.find_state(session, shipped)
        assert state is not None
        assert (state.state, state.refusal) == ("final", None)
        head = queries.head(mirror, LOG)
        assert head is not None
        for leaf in (witnessed.evidence, scan):
            proof = service.leaf_proof(session, leaf)
            assert proof is not None
            assert (proof.size, proof.root) == (head.size, head.root)
            assert verify_inclusion(leaf_hash(leaf), proof.index, proof.size, proof.root, proof.path)


def test_a_shipment_declared_not_to_have_happened_is_anchored_and_undone_on_chain(work: Work, trade: Trade) -> None:
    trade.bottle(quantity=100)
    event = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 40), Parties(BRAND, DEALER))
    shipped = trade.submit(event, by=BRAND).evidence
    declared = trade.submit(events.declared_wrong(event, trade.place(BRAND).time), by=BRAND).evidence
    trade.db.commit()
    until(work, settled)
    with work.sessions() as session:
        mirror = session.connection()
        states = service.states(session, [shipped, declared])
        assert {evidence: (each.state, each.refusal) for evidence, each in states.items()} == {
            shipped: ("final", None),
            declared: ("final", None),
        }
        assert queries.voided_by(mirror, [shipped, declared]) == {shipped: declared}
        (totals,) = queries.totals(mirror, batch_id(LIQUOR, "B1"))
        assert (totals.born, totals.held, totals.in_transit) == (100, 100, 0)


def test_the_evidence_log_grows_head_by_head(work: Work, trade: Trade) -> None:
    for number in range(7):
        service.add_leaf(trade.db, "scan", {"number": number}, now=clock.now())
        trade.db.commit()
        until(work, settled)
    with work.sessions() as session:
        assert [head.size for head in queries.heads_of(session.connection(), LOG)] == list(range(1, 8))
        first = sha256(b'{"number":0}').digest()
        proof = service.leaf_proof(session, first)
        assert proof is not None
        assert verify_inclusion(leaf_hash(first), 0, 7, proof.root, proof.path)


def test_a_revoked_device_and_a_suspended_party_are_silenced_on_chain_after_what_they_said(
    work: Work, trade: Trade
) -> None:
    trade.bottle(quantity=100)
    trade.move(60, to=DEALER)
    keys.revoke(trade.db, signer(DEALER), now=clock.now())
    set_standing(trade.db, STORE, "suspended")
    trade.db.commit()

    def silenced(session: Session) -> bool:
        device = queries.device(session.connection(), signer(DEALER))
        party = queries.party(session.connection(), party_id(STORE))
        return bool(device and device.revoked and party and party.standing == 2)

    until(work, silenced)
    until(work, settled)
    with work.sessions() as session:
        assert set(service.count_states(session)) == {("record", "final")}, "nothing said before was refused"


def test_a_suspended_party_is_made_active_again_on_chain(work: Work, trade: Trade) -> None:
    for standing, number in (("suspended", 2), ("active", 1), ("suspended", 2)):
        set_standing(trade.db, STORE, standing)
        trade.db.commit()

        def is_said(session: Session, wanted: int = number) -> bool:
            party = queries.party(session.connection(), party_id(STORE))
            return party is not None and party.standing == wanted

        until(work, is_said)
    until(work, settled)


def test_hundreds_of_captures_a_second_reach_the_chain(work: Work, trade: Trade) -> None:
    trade.bottle(quantity=100_000)
    for _ in range(150):
        trade.at -= timedelta(minutes=59)
        trade.move(2, to=DEALER)
    trade.db.commit()
    began = time.monotonic()
    until(work, settled)
    took = time.monotonic() - began
    with work.sessions() as session:
        assert set(service.count_states(session)) == {("record", "final")}
        held = session.execute(text("select count(*) from intent where kind = 'record'")).scalar_one()
    assert held < 10, "many captures share a transaction"
    print(f"303 captures anchored in {took:.1f} s")


def test_several_keys_carry_batches_side_by_side(work: Work, trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    until(work, settled)  # the chain knows everybody: the other lanes may carry too
    monkeypatch.setattr("backend.anchoring.jobs.bundling.CAPTURES_MAX", 2)
    for number in range(6):
        trade.bottle(f"B{number}")
        trade.move(10, to=DEALER, batch=f"B{number}")
        trade.ship(5, to=STORE, by=DEALER, batch=f"B{number}")
    trade.db.commit()
    until(work, settled)
    with work.sessions() as session:
        assert service.count_states(session) == {("record", "final"): 36}
        keys = session.execute(text("select count(distinct relayer) from intent where kind = 'record'")).scalar_one()
        paid = session.execute(text("select count(distinct tx_hash) from mirror.captured")).scalar_one()
    assert keys == LANES
    assert paid >= 18
