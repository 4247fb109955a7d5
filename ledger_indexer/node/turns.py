"""Whose turn it is: transactions of one sender go into blocks by their nonces, without gaps. Pure."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger_indexer.node.errors import Rejected
from ledger_indexer.node.genesis import GAS_LIMIT
from ledger_indexer.node.transaction import Envelope

REFUSED = -32003
"""JSON-RPC code of a transaction that the node refuses (EIP-1474)."""

GAP_SECONDS = 2.0
"""How long a transaction waits for the ones before it."""


@dataclass(eq=False)
class Submission:
    """A transaction whose sender waits for `answer`; `since` is when it came, in seconds of any steady clock."""

    envelope: Envelope
    answer: "asyncio.Future[str]"
    since: float

    def accept(self) -> None:
        """Tell the sender that it is stored."""
        if not self.answer.done():
            self.answer.set_result(self.envelope.hash)

    def refuse(self, reason: Exception) -> None:
        """Tell the sender no."""
        if not self.answer.done():
            self.answer.set_exception(reason)


@dataclass
class Turns:
    """Submissions that wait, and the next nonce of each sender as far as it is known for the open block."""

    inbox: deque[Submission] = field(default_factory=deque)
    parked: dict[tuple[str, int], Submission] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=dict)

    def unknown(self, most: int) -> list[str]:
        """Senders among the next `most` submissions whose nonce must be asked for."""
        seen = dict.fromkeys(one.envelope.sender for one, _ in zip(self.inbox, range(most), strict=False))
        return [sender for sender in seen if sender not in self.expected]

    def take(self, most: int, gas_left: int) -> list[Submission]:
        """The next submissions that fit the open block, in order; those ahead of their turn are parked.

        Stops before the first that needs more than `gas_left`, or whose sender's nonce is unknown.
        """
        taken: list[Submission] = []
        while self.inbox and len(taken) < most:
            one = self.inbox[0]
            envelope = one.envelope
            expected = self.expected.get(envelope.sender)
            if expected is None:
                break
            if envelope.gas > GAS_LIMIT:
                self.inbox.popleft().refuse(Rejected(REFUSED, f"gas {envelope.gas} is above a block's {GAS_LIMIT}"))
            elif envelope.nonce < expected:
                self.inbox.popleft().refuse(
                    Rejected(REFUSED, f"nonce too low: next is {expected}, got {envelope.nonce}")
                )
            elif envelope.nonce > expected:
                self._park(self.inbox.popleft())
            elif envelope.gas > gas_left:
                break
            else:
                taken.append(self.inbox.popleft())
                gas_left -= envelope.gas
                self.expected[envelope.sender] = expected + 1
                self._unpark(envelope.sender)
        return taken

    def refused(self, envelope: Envelope) -> None:
        """The node refused a taken one: its nonce is free again."""
        expected = self.expected.get(envelope.sender, envelope.nonce)
        self.expected[envelope.sender] = min(expected, envelope.nonce)

    def put_back(self, taken: Iterable[Submission]) -> None:
        """Taken ones that were not stored come first again."""
        self.inbox.extendleft(reversed(list(taken)))

    def forget(self) -> None:
        """A block was mined or the node was replaced: ask for nonces anew, and look at parked ones again."""
        self.expected.clear()
        self.inbox.extend(self.parked.values())
        self.parked.clear()

    def expire(self, now: float) -> None:
        """Refuse those that waited too long for their turn."""
        for key, one in list(self.parked.items()):
            if now - one.since >= GAP_SECONDS:
                del self.parked[key]
                one.refuse(Rejected(REFUSED, f"nonce too high: {one.envelope.nonce} has a gap before it"))

    def everyone(self) -> list[Submission]:
        """All that wait."""
        return [*self.inbox, *self.parked.values()]

    def _park(self, one: Submission) -> None:
        key = (one.envelope.sender, one.envelope.nonce)
        before = self.parked.get(key)
        if before is not None:
            before.refuse(Rejected(REFUSED, "another transaction with this nonce came after it"))
        self.parked[key] = one

    def _unpark(self, sender: str) -> None:
        following = self.parked.pop((sender, self.expected[sender]), None)
        if following is not None:
            self.inbox.appendleft(following)


@dataclass(frozen=True)
class SortedOut:
    """What the pool said to a group. Those `out_of_turn` it took, but one before them was refused."""

    stored: list[Submission]
    refused: list[tuple[Submission, Rejected]]
    out_of_turn: list[Submission]


def sort_out(group: list[Submission], outcomes: list[Rejected | None]) -> SortedOut:
    """Sort a group by the pool's outcomes: after a refusal, later ones of the same sender have lost their turn."""
    result = SortedOut([], [], [])
    broken: set[str] = set()
    for one, refusal in zip(group, outcomes, strict=True):
        if refusal is not None:
            broken.add(one.envelope.sender)
            result.refused.append((one, refusal))
        elif one.envelope.sender in broken:
            result.out_of_turn.append(one)
        else:
            result.stored.append(one)
    return result
