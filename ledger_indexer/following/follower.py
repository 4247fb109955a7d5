"""Following a node: join its newest block to the window, fetch, write, again."""

import logging
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic

from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.blocks.branch import Adrift, Behind, Branch, Known, Missing, Window, depth, join, require_links
from ledger_indexer.blocks.wire import Header
from ledger_indexer.errors import ForkMoved, NodeFault, NodeUnavailable, WrongChain
from ledger_indexer.fetching.fetcher import Fetcher, LogSource
from ledger_indexer.fetching.ranges import Sizer
from ledger_indexer.garbage import collect_rarely
from ledger_indexer.mirror.store import Store
from ledger_indexer.rows.block_rows import BlockRows

log = logging.getLogger(__name__)
_NOWHERE = Header(-1, bytes(32), bytes(32), bytes(256), 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """``window`` and ``tail`` in blocks: a node further ahead than ``tail`` is caught up with in ranges."""

    window: int = 256
    tail: int = 32
    ahead: int = 2
    logs_per_call: int = 4_000
    fall_after_s: float = 0.3


@dataclass
class Follower:
    """One mirror that follows one node."""

    node: LogSource
    store: Store
    deployment: Deployment
    limits: Limits = field(default_factory=Limits)
    seen: Callable[[bytes], Header | None] = lambda _hash: None
    clock: Callable[[], float] = monotonic
    stopping: Callable[[], bool] = lambda: False
    sizer: Sizer | None = None
    window: Window = field(init=False)
    _fetcher: Fetcher = field(init=False)
    _fell: tuple[bytes, float] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Take up the mirror where it stands, or begin it on the block before the deployment."""
        sizer = self.sizer or Sizer(target=self.limits.logs_per_call)
        self._fetcher = Fetcher(self.node, self.deployment.watched, sizer)
        followed = self.store.digest()
        if followed is None:
            self.store.begin(self.deployment.digest, self._base())
        elif followed != self.deployment.digest:
            raise WrongChain(
                "this mirror follows another deployment; rebuild it with `jiulian index rebuild`, or point the"
                " indexer at the deployment it belongs to"
            )
        self._reload()

    @property
    def fallen(self) -> bool:
        """Whether the node's height is lower than ours and we wait to see if that lasts."""
        return self._fell is not None

    def converge(self, head: Header) -> None:
        """Make the mirror that of the chain which ends in ``head``."""
        while head.number > self.window.tip.number + self.limits.tail and not self.stopping():
            try:
                with collect_rarely():
                    self._catch_up(head.number)
            except ForkMoved as moved:
                log.info("%s; looking for the fork", moved)
                below = self.node.header_at(self.window.tip.number)
                if below is None:
                    raise NodeFault(f"the node has no block {self.window.tip.number}") from moved
                tip = self.window.tip
                self._follow(below)
                if self.window.tip.hash == tip.hash:
                    raise NodeFault("the node contradicts itself about which branch it is on") from moved
            head = self.node.newest()
        if not self.stopping():
            self._follow(head)

    def _follow(self, head: Header) -> None:
        branch = deque([head])
        while True:
            finding = join(self.window, branch)
            match finding:
                case Known():
                    self._fell = None
                    return
                case Missing(wanted):
                    branch.appendleft(self._parent(wanted, branch[0]))
                case Behind():
                    if self._fall_lasts(head):
                        self._write(finding.fork, self._fetcher.blocks([]))
                    return
                case Branch(fork, headers):
                    self._write(fork, self._fetcher.blocks(headers))
                    return
                case Adrift():
                    self._replace_below_window(head)
                    return

    def _parent(self, wanted: bytes, child: Header) -> Header:
        header = self.seen(wanted) or self.node.header_with(wanted)
        if header is None:
            raise NodeFault(f"the node does not know the parent of its block {child.number}")
        if header.hash != wanted or header.number != child.number - 1:
            raise NodeFault(f"the node gave another block than the parent of its block {child.number}")
        return header

    def _fall_lasts(self, head: Header) -> bool:
        """A node that lags looks like a chain that fell; only the second stays so."""
        if self._fell is None or self._fell[0] != head.hash:
            self._fell = (head.hash, self.clock())
        return self.clock() - self._fell[1] >= self.limits.fall_after_s

    def _write(self, fork: Header, blocks: BlockRows) -> None:
        back = depth(self.window, Branch(fork, ()))
        with self.store.moving(self.window.tip, self.limits.window) as move:
            if back:
                move.rewind(fork)
            move.add(blocks)
        self.window = self.window.after(fork, blocks.headers, self.limits.window)
        self._fell = None
        if back:
            log.warning("rewound %d blocks to block %d", back, fork.number)

    def _catch_up(self, last: int) -> None:
        """Fetch and write up to a block, with the next ranges on their way while one is written."""
        for blocks in self._ranges(self.window.tip.number + 1, last):
            below = self.window.tip
            if blocks.headers[0].parent != below.hash:
                raise ForkMoved(f"block {below.number} is no longer the parent of block {below.number + 1}")
            require_links(below, blocks.headers)
            self._write(below, blocks)
            done = self.window.tip.number
            log.info("mirrored up to block %d of %d, %d logs", done, last, len(blocks.decoded.raws))

    def _ranges(self, first: int, last: int) -> Iterator[BlockRows]:
        pending: deque[Future[BlockRows]] = deque()
        with ThreadPoolExecutor(max_workers=self.limits.ahead + 1, thread_name_prefix="fetch") as pool:
            try:
                while (first <= last or pending) and not self.stopping():
                    while first <= last and len(pending) <= self.limits.ahead:
                        start, end = self._fetcher.sizer.next(first, last)
                        pending.append(pool.submit(self._fetcher.range, start, end))
                        first = end + 1
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()

    def _replace_below_window(self, head: Header) -> None:
        """The branch left ours below the window: find where, and replace all above it in one transaction."""
        fork = self._deep_fork(head)
        tip = self.window.tip
        log.error(
            "ALARM: the chain was rewritten below the window of %d blocks; rows above block %d are suspect",
            self.limits.window,
            fork.number,
        )
        self.store.suspect(fork.number + 1)
        with self.store.moving(tip, self.limits.window) as move:
            move.rewind(fork, beyond_window=True)
            below = fork
            for blocks in self._ranges(fork.number + 1, head.number):
                require_links(below, blocks.headers)
                move.add(blocks)
                below = blocks.headers[-1]
            if below.number != head.number:
                raise NodeUnavailable("stopped before the replacement was in hand; nothing was changed")
        self._reload()

    def _deep_fork(self, head: Header) -> Header:
        """The newest mirrored block that the node's chain still has; the base when there is none."""
        top = min(self.window.oldest.number, head.number) + 1
        while page := self.store.stored_below(top, 1_000):
            if self._still_there(page[-1]):
                # Newest first: all before the fork are gone, all from it on are still there.
                place = bisect_left(page, True, key=self._still_there)
                if place == len(page):
                    raise ForkMoved("the chain was rewritten again while its fork was sought")
                number, known = page[place]
                header = self.store.header(number)
                assert header is not None
                if place == 0 and head.number < self.window.oldest.number:
                    raise NodeUnavailable(
                        f"the node is at block {head.number}, below our block {self.window.tip.number},"
                        " and nothing contradicts ours: it lags"
                    )
                assert header.hash == known
                return header
            top = page[-1][0]
        return self._base()

    def _still_there(self, block: tuple[int, bytes]) -> bool:
        header = self.node.header_at(block[0])
        return header is not None and header.hash == block[1]

    def _base(self) -> Header:
        """The block before the deployment; before the first block there is nothing."""
        if self.deployment.block == 0:
            return _NOWHERE
        base = self.node.header_at(self.deployment.block - 1)
        if base is None:
            raise NodeUnavailable(f"the node has not reached the deployment's block {self.deployment.block} yet")
        return base

    def _reload(self) -> None:
        window = self.store.window(self.limits.window)
        assert window is not None
        self.window = window
