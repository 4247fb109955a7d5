"""The audit of balances: the derived tables against the logs, and both against what the contract itself answers.

Tables are walked in step with what is expected, both in the order of their keys, and never held whole. Consignments
are added up from the mirror's own rows of captures, which the database gives sorted by consignment: that is the same
as from the chain's, once every one of these rows was shown to be the chain's.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from eth_hash.auto import keccak
from sqlalchemy import Table

from ledger_indexer.auditing.report import Difference
from ledger_indexer.errors import NodeFault, Unsupported
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.rows import tables
from ledger_indexer.rows.balance_changes import Changes, fold_consigned
from ledger_indexer.rows.decode import Row

_VIEWS = 200
_ACCOUNT = ("born", "held", "in_transit", "sold", "lost", "consumed")


def check_derived(snapshot: Snapshot, changes: Changes, first: int, last: int) -> int:
    """Compare consignments, holdings and accounts with what the logs add up to; how many were compared.

    ``changes`` holds what the logs do that concern no consignment; those that do are added to it here, from the
    snapshot's blocks ``first`` to ``last``, whose rows must have been compared with the chain's. Raises Difference.
    """
    compared = agree(tables.consignment, _parcels(snapshot, changes, first, last), snapshot.derived(tables.consignment))
    for batch, account in changes.accounts.items():
        if account.born != account.held + account.in_transit + account.sold + account.lost + account.consumed:
            raise Difference(f"batch 0x{batch.hex()}: the logs do not conserve it: {account}")
    holdings = ((*key, changes.holdings[key]) for key in sorted(changes.holdings))
    accounts = ((b, *(getattr(changes.accounts[b], name) for name in _ACCOUNT)) for b in sorted(changes.accounts))
    compared += agree(tables.holding, holdings, snapshot.derived(tables.holding))
    return compared + agree(tables.batch_total, accounts, snapshot.derived(tables.batch_total))


def _parcels(snapshot: Snapshot, changes: Changes, first: int, last: int) -> Iterator[Row]:
    for evidence, p in fold_consigned(snapshot.consigned(first, last), changes):
        if p.sender is not None and p.addressee is not None:
            yield (evidence, p.batch, p.sender, p.addressee, p.shipped, p.received, p.returned, p.lost)


def agree(table: Table, expected: Iterable[Row], found: Iterable[Row]) -> int:
    """Walk both sides of a table, each in the order of its keys; how many rows it has. Raises the first Difference."""
    keys = len(table.primary_key)
    compared = 0
    mirrored = iter(found)
    mine = next(mirrored, None)
    for theirs in expected:
        key = theirs[:keys]
        if mine is None or mine[:keys] > key:
            raise Difference(f"table {table.name}: the mirror lacks {_show(key)} with {_show(theirs[keys:])}")
        if mine != theirs:
            raise _other(table, mine, theirs[keys:] if mine[:keys] == key else None)
        compared += 1
        mine = next(mirrored, None)
    if mine is not None:
        raise _other(table, mine, None)
    return compared


def _other(table: Table, mine: Row, theirs: Row | None) -> Difference:
    keys = len(table.primary_key)
    key, value = mine[:keys], mine[keys:]
    return Difference(f"table {table.name}, row {_show(key)}: the mirror has {_show(value)}, the logs {_show(theirs)}")


def check_getters(node: Node, ledger: str, snapshot: Snapshot, block: int) -> None:
    """Compare ``held``, ``totals`` and ``consignment`` of the contract after a block with the logs' sums.

    These are the snapshot's derived tables, once ``check_derived`` has passed.

    Raises:
        Difference: the contract says otherwise.
        Unsupported: the node has no state of that block any more, or the contract no such views.
    """
    asked = _asked(snapshot)
    while part := list(islice(asked, _VIEWS)):
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


def _asked(snapshot: Snapshot) -> Iterator[tuple[bytes, tuple[int, ...], str]]:
    """Call data, the words to be answered, and what they are, for every row of the derived tables."""
    held, totals, consignment = (
        keccak(signature)[:4] for signature in (b"held(bytes32,bytes32)", b"totals(bytes32)", b"consignment(bytes32)")
    )
    for batch, party, quantity in snapshot.derived(tables.holding):
        yield held + batch + party, (quantity,), f"held by 0x{party.hex()}"
    for batch, *account in snapshot.derived(tables.batch_total):
        yield totals + batch, tuple(account), "totals"
    for evidence, *ids, shipped, received, returned, lost in snapshot.derived(tables.consignment):
        words = (int.from_bytes(word, "big") for word in ids)
        yield consignment + evidence, (*words, shipped - received - returned - lost), "consignment"


def _show(values: Row | None) -> str:
    if values is None:
        return "nothing"
    return "(" + ", ".join("0x" + v.hex() if isinstance(v, bytes) else str(v) for v in values) + ")"
