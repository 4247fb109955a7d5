"""Which blocks to drop and which to add when a node names its newest block. Pure.

The mirror keeps a window of its newest headers. A block's number alone never decides: a branch is walked back
by parent hash until it meets the window, and nothing is dropped before what replaces it is in hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger_indexer.blocks.wire import Header
from ledger_indexer.errors import NodeFault


@dataclass(frozen=True, slots=True)
class Window:
    """The newest mirrored headers, oldest first, each the parent of the next. Never empty."""

    headers: tuple[Header, ...]

    def __post_init__(self) -> None:
        """A window that does not link was damaged; that is for a person."""
        if not self.headers:
            raise ValueError("a window holds at least the block before the deployment")
        require_links(self.headers[0], self.headers[1:])

    @property
    def tip(self) -> Header:
        """The newest mirrored header."""
        return self.headers[-1]

    @property
    def oldest(self) -> Header:
        """The deepest header a branch may still be joined to."""
        return self.headers[0]

    def at(self, number: int) -> Header | None:
        """The mirrored header of this number, if it is in the window."""
        place = number - self.oldest.number
        return self.headers[place] if 0 <= place < len(self.headers) else None

    def holds(self, header: Header) -> bool:
        """Whether exactly this block is mirrored in the window."""
        mine = self.at(header.number)
        return mine is not None and mine.hash == header.hash

    def after(self, fork: Header, headers: Sequence[Header], size: int) -> "Window":
        """The window once ``headers`` stand on ``fork``, cut to its newest ``size``."""
        kept = tuple(h for h in self.headers if h.number <= fork.number)
        return Window((*kept, *headers)[-size:])


@dataclass(frozen=True, slots=True)
class Known:
    """The node's newest block is ours: nothing to do."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The node's newest block is below our tip, on our branch: it lags, or the chain fell back."""

    fork: Header


@dataclass(frozen=True, slots=True)
class Missing:
    """The branch does not reach our window yet: ask for the block with this hash."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class Branch:
    """Everything above ``fork`` gives way to ``headers``."""

    fork: Header
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Adrift:
    """The branch leaves ours below the window: find the fork by number, further down."""


Finding = Known | Behind | Missing | Branch | Adrift


def join(window: Window, branch: Sequence[Header]) -> Finding:
    """Say how a node's branch (linked, oldest first, ending in its newest block) stands to the mirror."""
    oldest, newest = branch[0], branch[-1]
    if window.holds(oldest):
        if len(branch) > 1:
            return Branch(oldest, tuple(branch[1:]))
        return Known() if newest.hash == window.tip.hash else Behind(oldest)
    if oldest.number <= window.oldest.number:
        return Adrift()
    below = window.at(oldest.number - 1)
    if below is not None and below.hash == oldest.parent:
        return Branch(below, tuple(branch))
    return Missing(oldest.parent)


def depth(window: Window, finding: Branch | Behind) -> int:
    """How many mirrored blocks the finding takes back."""
    return window.tip.number - finding.fork.number


def require_links(below: Header, headers: Sequence[Header]) -> None:
    """Raise NodeFault unless each header is the child of the one before, from ``below`` on."""
    for header in headers:
        if header.number != below.number + 1 or header.parent != below.hash:
            raise NodeFault(f"block {header.number} is not the child of block {below.number}")
        below = header
