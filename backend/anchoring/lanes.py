"""How evidence is shared out over lanes and transactions, and when a fee is raised. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from backend.anchoring.rules import Fee, SignedCapture, gas_of

CAPTURES_MAX = 100
"""Captures of one transaction."""


REVERTS_MAX = 4
"""So many transactions with a capture may revert, the last ones with it alone, before it is given up."""


def is_time(waiting: int, full: int, since: datetime | None, patience: timedelta, now: datetime) -> bool:
    """Whether what waits is written now: a transaction's fill is there, or the first of it has waited long enough."""
    if waiting == 0:
        return False
    return patience <= timedelta(0) or waiting >= full or since is None or now - since >= patience


def chunks(
    captures: list[SignedCapture],
    *,
    gas: int,
    most: int = CAPTURES_MAX,
    reverts: Mapping[bytes, int] = MappingProxyType({}),
) -> list[list[SignedCapture]]:
    """Cut captures, in their order, into transactions of at most `most` captures and `gas` gas.

    The more transactions with a capture reverted (`reverts`, by evidence), the fewer others travel with it: 12, then
    none, so that one that the contract cannot take is soon alone.
    """
    found: list[list[SignedCapture]] = []
    room = most
    for each in captures:
        fits = most >> 3 * reverts.get(each.capture.evidence, 0) or 1
        room = min(room, fits)
        if not found or len(found[-1]) >= room or gas_of([*found[-1], each]) > gas:
            found.append([])
            room = fits
        found[-1].append(each)
    return found


def hopeless(each: SignedCapture, *, gas: int, reverts: int) -> dict[str, str] | None:
    """Why no transaction is made for a capture any more, in the form of a contract's reason; None while there is hope.

    The door lets no capture in that asks for more gas than a block has; this keeps a lane free should one get in.
    """
    if reverts >= REVERTS_MAX:
        return {"kind": "TransactionsReverted", "transactions": str(reverts)}
    if gas_of([each]) > gas:
        return {"kind": "BlockTooSmall", "asks": str(gas_of([each])), "most": str(gas)}
    return None


def share_out(
    captures: Sequence[SignedCapture],
    *,
    lanes_of: Callable[[SignedCapture], Collection[int]],
    under_way: Mapping[bytes, Collection[int]],
    room: Sequence[int],
    each_takes: int = CAPTURES_MAX,
) -> list[list[SignedCapture]]:
    """The captures that can go now, by lane, in their order.

    `lanes_of` a capture are those that may carry it; with none it waits. `under_way` says in which lane a batch is;
    `room` is how many transactions of `each_takes` captures each lane may be given. A capture goes where its batches
    are, else to the lane with most room. One that cannot go yet (its batches are in several lanes, its lane is full,
    the chain does not know its device) waits, and so does every later one of its batches: it may need what the first
    one moves.
    """
    lines: list[list[SignedCapture]] = [[] for _ in room]
    held, waiting = dict(under_way), set[bytes]()

    def left(lane: int) -> int:
        return room[lane] - len(lines[lane]) // each_takes

    for each in captures:
        fitting = {lane for lane in lanes_of(each) if left(lane) > 0}
        for batch in each.batches:
            fitting &= set(held.get(batch, fitting))
        if not fitting or waiting.intersection(each.batches):
            waiting.update(each.batches)
            continue
        lane = min(fitting, key=lambda lane: (-left(lane), lane))
        lines[lane].append(each)
        held.update(dict.fromkeys(each.batches, (lane,)))
    return lines


def bumped(fee: Fee, market: Fee) -> Fee:
    """A fee that replaces a pending transaction: nodes ask for a tenth more; the market may ask for more still."""
    tip = max(fee.tip + fee.tip // 8 + 1, market.tip)
    return Fee(max(fee.most + fee.most // 8 + 1, market.most, tip), tip)
