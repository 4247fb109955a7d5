"""The audit of balances: the derived tables against the logs, and both against what the contract itself answers."""

from collections.abc import Mapping
from typing import Any

from eth_hash.auto import keccak

from ledger_indexer import tables
from ledger_indexer.chain import Node
from ledger_indexer.differences import Difference
from ledger_indexer.errors import NodeFault, Unsupported
from ledger_indexer.project import Changes
from ledger_indexer.snapshot import Snapshot

_VIEWS = 200
_ACCOUNT = ("born", "held", "in_transit", "sold", "lost", "consumed")


def check_derived(snapshot: Snapshot, changes: Changes) -> int:
    """Compare holdings, accounts and consignments with what the logs add up to; how many were compared."""
    holdings = {key: (quantity,) for key, quantity in changes.holdings.items()}
    accounts = {(b,): tuple(getattr(a, name) for name in _ACCOUNT) for b, a in changes.accounts.items()}
    parcels = {
        (e,): (p.batch, p.sender, p.addressee, p.shipped, p.received, p.returned, p.lost)
        for e, p in changes.parcels.items()
        if p.sender is not None
    }
    for batch, account in changes.accounts.items():
        if account.born != account.held + account.in_transit + account.sold + account.lost + account.consumed:
            raise Difference(f"batch 0x{batch.hex()}: the logs do not conserve it: {account}")
    return (
        _agree(snapshot, tables.holding, 2, holdings)
        + _agree(snapshot, tables.batch_total, 1, accounts)
        + _agree(snapshot, tables.consignment, 1, parcels)
    )


def _agree(snapshot: Snapshot, table: Any, keys: int, expected: Mapping[Any, Any]) -> int:
    left = dict(expected)
    for row in snapshot.derived(table):
        key, value = row[:keys], row[keys:]
        theirs = left.pop(key, None)
        if theirs != value:
            raise Difference(
                f"table {table.name}, row {_show(key)}: the mirror has {_show(value)}, the logs {_show(theirs)}"
            )
    for key, theirs in left.items():
        raise Difference(f"table {table.name}: the mirror lacks {_show(key)} with {_show(theirs)}")
    return len(expected)


def check_getters(node: Node, ledger: str, changes: Changes, block: int) -> None:
    """Compare the logs' sums with ``held``, ``totals`` and ``consignment`` of the contract after a block.

    Raises Unsupported when the node has no state of that block any more, or the contract no such views.
    """
    asked: list[tuple[bytes, tuple[int, ...], str]] = []
    for (batch, party), held in changes.holdings.items():
        asked.append((_call("held(bytes32,bytes32)", batch, party), (held,), f"held by 0x{party.hex()}"))
    for batch, account in changes.accounts.items():
        totals = tuple(getattr(account, name) for name in _ACCOUNT)
        asked.append((_call("totals(bytes32)", batch), totals, "totals"))
    for evidence, parcel in changes.parcels.items():
        still = parcel.shipped - parcel.received - parcel.returned - parcel.lost
        sender, addressee = parcel.sender or b"", parcel.addressee or b""
        words = tuple(int.from_bytes(word, "big") for word in (parcel.batch, sender, addressee))
        asked.append((_call("consignment(bytes32)", evidence), (*words, still), "consignment"))
    for start in range(0, len(asked), _VIEWS):
        part = asked[start : start + _VIEWS]
        try:
            answers = node.views([(ledger, data) for data, _, _ in part], block)
        except NodeFault as error:
            raise Unsupported(f"the node does not answer for block {block}: {error}") from error
        for (data, expected, what), answer in zip(part, answers, strict=True):
            if len(answer) != 32 * len(expected):
                raise Unsupported("the contract has no such view")
            found = tuple(int.from_bytes(answer[at : at + 32], "big") for at in range(0, len(answer), 32))
            if found != expected:
                raise Difference(
                    f"{what}, 0x{data[4:36].hex()}: the contract says {_show(found)}, the logs {_show(expected)}"
                )


def _call(signature: str, *words: bytes) -> bytes:
    return keccak(signature.encode())[:4] + b"".join(words)


def _show(values: Any) -> str:
    if values is None:
        return "nothing"
    return "(" + ", ".join("0x" + v.hex() if isinstance(v, bytes) else str(v) for v in values) + ")"
