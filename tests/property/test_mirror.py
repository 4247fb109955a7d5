"""Whatever the chain and its node do, the mirror ends as that of the surviving chain."""

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger_indexer.errors import Fenced, ForkMoved, NodeFault, NodeUnavailable, RangeTooLarge
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.rows.decode import raws_of
from tests.fakes.chain import DEPLOYMENT, FakeChain, FakeNode
from tests.fakes.mirror import FakeStore

LIMITS = Limits(window=8, tail=3, ahead=1, logs_per_call=6, fall_after_s=0.0)
PASSING = (NodeUnavailable, NodeFault, ForkMoved, RangeTooLarge, Fenced)
FAULTS = st.lists(st.sampled_from(["", "fail", "withhold", "repeat", "too_large", "forget"]), max_size=4)


class Mirror(RuleBasedStateMachine):
    """Blocks, rewinds of any depth, restarts and faults in any order."""

    @initialize(blocks=st.lists(st.integers(0, 3), max_size=12))
    def start(self, blocks: list[int]) -> None:
        self.chain = FakeChain()
        self.chain.mine(0)
        for captures in blocks:
            self.chain.mine(captures)
        self.node = FakeNode(self.chain)
        self.store = FakeStore()
        self.follower: Follower | None = None

    @rule(captures=st.integers(0, 3), batch=st.integers(1, 2))
    def mine(self, captures: int, batch: int) -> None:
        self.chain.mine(captures, batch=batch)

    @rule(depth=st.integers(1, 15), blocks=st.lists(st.integers(0, 3), max_size=15))
    def rewrite(self, depth: int, blocks: list[int]) -> None:
        self.chain.rewind(min(depth, len(self.chain.blocks) - 2))
        for captures in blocks:
            self.chain.mine(captures)

    @rule()
    def restart(self) -> None:
        self.follower = None

    @rule(node=FAULTS, store=st.lists(st.sampled_from(["", "before", "after"]), max_size=2))
    def follow_with_faults(self, node: list[str], store: list[str]) -> None:
        self.node.faults, self.store.faults = list(node), list(store)
        self.try_once()

    @rule(depth=st.integers(1, 5), calls=st.integers(1, 6), blocks=st.lists(st.integers(0, 2), max_size=4))
    def the_chain_is_rewritten_meanwhile(self, depth: int, calls: int, blocks: list[int]) -> None:
        left = [calls]

        def rewrite() -> None:
            left[0] -= 1
            if left[0] == 0:
                self.rewrite_now(depth, blocks)

        self.node.between = rewrite
        self.try_once()
        self.node.between = lambda: None

    @rule()
    def the_node_turns_honest(self) -> None:
        self.node.faults, self.store.faults = [], []
        self.chain.mine(1)
        # Below our window nothing can contradict us: such a node lags, and is waited for.
        window = self.store.window(LIMITS.window) if self.store.state.tip else None
        while window and self.chain.head.number < window.oldest.number:
            self.chain.mine(1)
        for _ in range(4):
            self.try_once()
        assert self.store.state.tip == self.chain.head
        expected = {(raw.block_number, raw.log_index): raw for raw in raws_of(self.chain.logs())}
        assert self.store.state.logs == expected
        assert self.store.state.suspect_from is None

    @invariant()
    def the_tip_is_a_block_that_once_was(self) -> None:
        tip: Any = self.store.state.tip
        assert tip is None or tip.hash in self.chain.ever

    def rewrite_now(self, depth: int, blocks: list[int]) -> None:
        self.chain.rewind(min(depth, len(self.chain.blocks) - 2))
        for captures in blocks:
            self.chain.mine(captures)

    def try_once(self) -> None:
        try:
            if self.follower is None:
                self.follower = Follower(self.node, self.store, DEPLOYMENT, LIMITS)  # type: ignore[arg-type]
            self.follower.converge(self.node.newest())
        except PASSING:
            self.follower = None


TestMirror = Mirror.TestCase
TestMirror.settings = settings(
    max_examples=3_000 if os.environ.get("JIULIAN_PROVE") else 150, stateful_step_count=25, deadline=None
)
