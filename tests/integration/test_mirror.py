"""The mirror in PostgreSQL ends as the chain of a real node, whatever shape its reorganisation has."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import psycopg
import pytest
from sqlalchemy import Engine, create_engine

from ledger_indexer.errors import Fenced, NodeUnavailable, WrongChain
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.following.rebuild import rebuild
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.store import Store
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import Emitter, Spoken, harvest

pytestmark = pytest.mark.integration
LIMITS = Limits(window=16, tail=6, fall_after_s=0.0)
_evidence = count(1000)


@pytest.fixture
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        yield emitter


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def follower(chain: Emitter, store: Store) -> Follower:
    return Follower(chain.node, store, DEPLOYMENT, LIMITS)


def fresh(quantity: int = 10, *, batch: int = 1) -> Spoken:
    return harvest(next(_evidence), quantity, batch=batch)


def mirrored(url: str) -> list[tuple[int, int, str, str]]:
    with psycopg.connect(plain_url(url)) as connection:
        return connection.execute(
            "select r.block_number, r.log_index, '0x' || encode(b.hash, 'hex'), '0x' || encode(r.data, 'hex')"
            " from mirror.raw_log r join mirror.block b on b.number = r.block_number order by 1, 2"
        ).fetchall()


def assert_same(chain: Emitter, url: str, engine: Engine) -> None:
    survived = chain.survived()
    assert mirrored(url) == survived
    head = chain.node.newest()
    with engine.connect() as connection:
        tip = queries.tip(connection)
        assert tip == queries.Tip(head.number, head.hash, head.time)
        born = sum(total.born for total in queries.totals(connection))
        held = sum(holding.held for holding in queries.holdings(connection))
    assert born == held == sum(int(data[66:130], 16) for *_, data in survived)


def story(chain: Emitter, blocks: int) -> None:
    for number in range(blocks):
        chain.mine(*(fresh(5 + number, batch=1 + number % 3) for _ in range(1 + number % 3)))


def follow(follower: Follower) -> None:
    follower.converge(follower.node.newest())


def test_catches_up_in_ranges_and_follows_the_tail(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine
) -> None:
    story(chain, 40)
    follow(follower)
    assert_same(chain, database_url, engine)
    chain.mine(fresh())
    follow(follower)
    assert_same(chain, database_url, engine)


def test_follows_a_reorganisation_at_the_same_height(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine
) -> None:
    story(chain, 12)
    follow(follower)
    chain.reorganise(3, (fresh(77), 0), (fresh(78), 2))
    follow(follower)
    assert_same(chain, database_url, engine)
    with engine.connect() as connection:
        (rewind,) = queries.rewinds(connection)
    assert (rewind.depth, rewind.beyond_window) == (3, False)


@pytest.mark.parametrize(("back", "forth"), [(3, 4), (4, 9), (5, 2), (4, 0), (1, 1)])
def test_follows_a_branch_that_is_longer_shorter_or_only_a_fall(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine, back: int, forth: int
) -> None:
    story(chain, 12)
    follow(follower)
    chain.rollback(back)
    story(chain, forth)
    follow(follower)
    follow(follower)
    assert_same(chain, database_url, engine)


def test_follows_two_reorganisations_in_a_row(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine
) -> None:
    story(chain, 12)
    follow(follower)
    for depth in (2, 4):
        chain.reorganise(depth, (fresh(), 0))
        follow(follower)
    assert_same(chain, database_url, engine)


def test_finds_a_reorganisation_that_happened_while_it_was_down(
    chain: Emitter, follower: Follower, store: Store, database_url: str, engine: Engine
) -> None:
    story(chain, 12)
    follow(follower)
    chain.rollback(4)
    story(chain, 20)
    follow(Follower(chain.node, store, DEPLOYMENT, LIMITS))
    assert_same(chain, database_url, engine)


@pytest.mark.parametrize("forth", [3, 25, 40])
def test_walks_again_when_the_chain_was_rewritten_below_the_window(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine, forth: int
) -> None:
    story(chain, 40)
    follow(follower)
    chain.rollback(25)
    story(chain, forth)
    follow(follower)
    assert_same(chain, database_url, engine)
    with engine.connect() as connection:
        (rewind,) = queries.rewinds(connection)
        assert queries.status(connection).suspect_from is None
    assert (rewind.depth, rewind.beyond_window) == (25, True)


def test_a_second_indexer_is_fenced_off(chain: Emitter, follower: Follower, database_url: str, engine: Engine) -> None:
    story(chain, 3)
    other = Store(database_url)
    late = Follower(chain.node, other, DEPLOYMENT, LIMITS)
    follow(follower)
    with pytest.raises(Fenced):
        follow(late)
    other.close()
    assert_same(chain, database_url, engine)


def test_a_mirror_of_another_deployment_is_left_alone(chain: Emitter, follower: Follower, store: Store) -> None:
    with pytest.raises(WrongChain):
        Follower(chain.node, store, replace(DEPLOYMENT, evidence_log="0x" + "99" * 20), LIMITS)


def test_an_undecodable_log_waits_in_quarantine(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine
) -> None:
    broken = harvest(next(_evidence))
    chain.mine(Spoken(broken.topics, broken.data[:-1]), fresh())
    follow(follower)
    with engine.connect() as connection:
        status = queries.status(connection)
    assert (status.logs, status.quarantined) == (2, 1)


def test_who_listens_hears_of_the_new_tip(chain: Emitter, follower: Follower, database_url: str) -> None:
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        connection.execute("listen mirror")
        chain.mine(fresh())
        follow(follower)
        notices = list(connection.notifies(timeout=5, stop_after=1))
    assert str(chain.node.newest().number) in notices[0].payload


def test_says_where_an_evidence_stands(chain: Emitter, follower: Follower, engine: Engine) -> None:
    spoken = fresh()
    chain.mine(spoken)
    follow(follower)
    evidence = spoken.topics[1]
    with engine.connect() as connection:
        positions = queries.positions_of(connection, [evidence, bytes(32)])
        row = queries.captured(connection, evidence)
    assert set(positions) == {evidence}
    assert positions[evidence].block_number == chain.node.newest().number
    assert positions[evidence].refused is None
    assert row is not None
    assert (row.evidence, row.step, row.quantity) == (evidence, 1, 10)


def test_a_rebuilt_mirror_replaces_a_damaged_one_and_the_running_indexer_goes_on(
    chain: Emitter, follower: Follower, store: Store, database_url: str, engine: Engine
) -> None:
    story(chain, 20)
    follow(follower)
    chain.reorganise(2, (fresh(), 0))
    follow(follower)
    with psycopg.connect(plain_url(database_url)) as connection:
        connection.execute("update mirror.holding set held = 1")
        connection.execute("delete from mirror.captured where block_number > 5")
    assert rebuild(chain.node, database_url, DEPLOYMENT, LIMITS) == chain.node.newest().number
    assert_same(chain, database_url, engine)
    with engine.connect() as connection:
        assert len(queries.rewinds(connection)) == 1
    chain.mine(fresh())
    follow(follower)
    chain.reorganise(3, (fresh(), 0))
    follow(follower)
    assert_same(chain, database_url, engine)


def test_a_rebuild_that_is_stopped_leaves_the_mirror_as_it_was(
    chain: Emitter, follower: Follower, database_url: str, engine: Engine
) -> None:
    story(chain, 20)
    follow(follower)
    with pytest.raises(NodeUnavailable):
        rebuild(chain.node, database_url, DEPLOYMENT, LIMITS, stopping=lambda: True)
    assert_same(chain, database_url, engine)
