"""Whatever a real node's chain goes through, in whatever order, the mirror in PostgreSQL ends as that chain."""

import os
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine

from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.store import Store
from ledger_indexer.rows import tables
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import Emitter, Spoken, harvest

pytestmark = pytest.mark.integration
LIMITS = Limits(window=8, tail=3, logs_per_call=8, fall_after_s=0.0)
EXAMPLES = 150 if os.environ.get("JIULIAN_PROVE") else 15
LOGS = st.lists(st.integers(0, 3), min_size=1, max_size=9)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("mine"), LOGS),
        st.tuples(st.just("reorganise"), st.integers(1, 6), st.lists(st.integers(0, 5), max_size=4)),
        st.tuples(st.just("rollback"), st.integers(1, 12)),
        st.tuples(st.just("follow")),
        st.tuples(st.just("restart")),
    ),
    max_size=14,
)


class Scene:
    """A fresh node and a fresh mirror of it."""

    def __init__(self, chain: Emitter, url: str) -> None:
        self.chain, self.url = chain, url
        self.store = Store(url)
        self.follower = self.started()
        self.numbers = count(1)

    def started(self) -> Follower:
        return Follower(self.chain.node, self.store, DEPLOYMENT, LIMITS)

    def fresh(self) -> Spoken:
        number = next(self.numbers)
        return harvest(number, 1 + number % 7, batch=1 + number % 3)

    def mine(self, blocks: list[int]) -> None:
        for logs in blocks:
            self.chain.mine(*(self.fresh() for _ in range(logs)))

    def reorganise(self, depth: int, places: list[int]) -> None:
        depth = min(depth, self.height - 1)
        if depth > 0:
            self.chain.reorganise(depth, *((self.fresh(), place) for place in places if place < depth))

    def rollback(self, depth: int) -> None:
        if min(depth, self.height - 1) > 0:
            self.chain.rollback(min(depth, self.height - 1))

    def follow(self) -> None:
        self.follower.converge(self.chain.node.newest())

    def restart(self) -> None:
        self.follower = self.started()

    @property
    def height(self) -> int:
        return self.chain.node.newest().number

    def end(self) -> None:
        """Below our window nothing can contradict us, so the chain grows that far again before it is judged."""
        self.mine([1] * max(1, self.follower.window.oldest.number + 1 - self.height))
        self.follow()
        self.follow()


def assert_same(scene: Scene, engine: Engine) -> None:
    survived = scene.chain.survived()
    with psycopg.connect(plain_url(scene.url)) as connection:
        mirrored = connection.execute(
            "select r.block_number, r.log_index, '0x' || encode(b.hash, 'hex'), '0x' || encode(r.data, 'hex')"
            " from mirror.raw_log r join mirror.block b on b.number = r.block_number order by 1, 2"
        ).fetchall()
    assert mirrored == survived
    with engine.connect() as connection:
        status = queries.status(connection)
        born = sum(total.born for total in queries.totals(connection))
        held = sum(holding.held for holding in queries.holdings(connection))
    assert status.tip is not None
    assert status.tip.hash == scene.chain.node.newest().hash
    assert status.suspect_from is None
    assert born == held == sum(int(data[66:130], 16) for *_, data in survived)


def test_the_mirror_ends_as_the_chain_of_a_real_node(database_url: str) -> None:
    engine = create_engine(database_url)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
        database=None,
    )
    @given(ACTIONS)
    def whatever_happens(actions: list[tuple[Any, ...]]) -> None:
        tables.metadata.drop_all(engine)
        tables.create_all(engine)
        with Emitter() as chain:
            scene = Scene(chain, database_url)
            try:
                for name, *arguments in actions:
                    getattr(scene, name)(*arguments)
                scene.end()
                assert_same(scene, engine)
            finally:
                scene.store.close()

    whatever_happens()
    engine.dispose()
