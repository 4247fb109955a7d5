"""What counts as a difference between the books and the mirror. Pure.

Captures that were taken but that the mirror does not show yet are no difference: what they do is added to the mirror's
side first, by the mirror's own arithmetic (`ledger_indexer.rows.balance_changes`). So batches that never rest are
compared too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from backend.reconciliation.rules import (
    PARTS,
    PLACES,
    REFUSED,
    SIGNER,
    WAITING,
    Answer,
    Difference,
    Doubtful,
    InputRow,
    MirrorRow,
    Pair,
    UnderWay,
    Value,
)
from ledger_indexer.rows import balance_changes
from ledger_indexer.rows.balance_changes import AccountChanges, ConsignmentChanges
from ledger_indexer.rows.movements import NOTHING, Step
from scanner.device.names import batch_id


def under_way(captures: Sequence[MirrorRow], inputs: Sequence[InputRow], senders: Mapping[bytes, bytes]) -> UnderWay:
    """What captures and inputs in the mirror's shape of rows will do. `senders` are those of known consignments."""
    changes = balance_changes.fold(captures, inputs)
    balance_changes.send_back(changes, senders)
    speaking = (Step.COMMISSION, Step.RECALL, Step.LIFT)
    marked = frozenset(row.batch for row in captures if row.step in speaking)
    return UnderWay(frozenset(row.evidence for row in captures), changes, marked)


def compare_parties(pairs: Iterable[Pair]) -> Iterator[Difference]:
    """What parties may do (roles as the contract's bits, the territory's hash, the standing's number), by (party)."""
    for pair in pairs:
        for name in pair.books:
            if pair.books[name] != pair.chain[name]:
                books, chain = pair.books[name], pair.chain[name]
                yield Difference("party", b"", name, books, chain, pair.names, pair.key[0])


def doubt(captures: Iterable[Doubtful]) -> Iterator[Difference]:
    """Captures that cannot just be waited for."""
    for each in captures:
        batch = batch_id(each.names.gtin, each.names.batch) if each.names.gtin and each.names.batch else NOTHING
        if each.signer is not None:
            why = f"the chain knows no device {each.signer.hex()} of this party"
            yield Difference(SIGNER, batch, "signer", each.signer, None, each.names, capture=each.evidence, why=why)
        if each.late_since is not None:
            since = each.late_since.isoformat(timespec="minutes")
            why = f"it is on its way to the chain since {since}"
            yield Difference(WAITING, batch, "under_way_since", since, None, each.names, capture=each.evidence, why=why)


def compare_captures(pairs: Iterable[Pair], waiting: UnderWay, refused: Mapping[bytes, str]) -> Iterator[Difference]:
    """Captures one by one: those of one side alone, and those that differ, by (evidence, batch)."""
    for pair in pairs:
        evidence, batch = pair.key
        if evidence in waiting.evidences:
            continue
        if pair.books["step"] is None:
            yield _capture(
                batch, pair, None, Answer.RECORDED, "the chain recorded it and the books have no such movement"
            )
        elif pair.chain["step"] is None:
            why = refused.get(evidence)
            word = f"{REFUSED}{why}" if why else "the chain has no such record"
            yield _capture(batch, pair, Answer.TAKEN, Answer.REFUSED if why else None, word)
        else:
            name = next(name for name in pair.books if pair.books[name] != pair.chain[name])
            yield _capture(batch, pair, pair.books[name], pair.chain[name], f"its {name} differs", name)


def _capture(batch: bytes, pair: Pair, books: Value, chain: Value, why: str, field: str = "capture") -> Difference:
    return Difference("capture", batch, field, books, chain, pair.names, capture=pair.key[0], why=why)


def compare_declarations(
    pairs: Iterable[Pair], waiting: UnderWay, refused: Mapping[bytes, str]
) -> Iterator[Difference]:
    """Declarations of error, by (declaration, batch); `voids` is the capture declared."""
    for pair in pairs:
        declared, batch = pair.key
        books, chain = pair.books["voids"], pair.chain["voids"]
        if books in waiting.evidences:
            continue
        if books is None:
            why = "it declares an error on the chain, and in the books what it declares stands"
        elif why := refused.get(declared, ""):
            why = f"{REFUSED}{why}"
        else:
            why = "the chain has no such declaration"
        yield Difference("declaration", batch, "voids", books, chain, pair.names, capture=declared, why=why)


def compare_inputs(pairs: Iterable[Pair], waiting: UnderWay, refused: Mapping[bytes, str]) -> Iterator[Difference]:
    """What captures used up, by (evidence, batch)."""
    for pair in pairs:
        evidence, batch = pair.key
        if evidence in waiting.evidences or evidence in refused:
            continue
        books, chain = pair.books["quantity"], pair.chain["quantity"]
        yield Difference(
            "input", batch, "used_up", books, chain, pair.names, capture=evidence, why="it used up something else"
        )


def compare_accounts(pairs: Iterable[Pair], waiting: UnderWay) -> Iterator[Difference]:
    """Accounts of batches, by (batch)."""
    expected = dict(waiting.changes.accounts)
    for pair in pairs:
        more = expected.pop(pair.key[0], AccountChanges())
        for name in PLACES:
            books, chain = pair.numbers(name)
            if books != chain + getattr(more, name):
                shown = _with(pair.chain[name], getattr(more, name))
                yield Difference("account", pair.key[0], name, pair.books[name], shown, pair.names)
    for batch, more in expected.items():
        for name in PLACES:
            if getattr(more, name):
                yield Difference("account", batch, name, None, getattr(more, name))


def compare_holdings(pairs: Iterable[Pair], waiting: UnderWay) -> Iterator[Difference]:
    """What parties hold, by (batch, party)."""
    expected = dict(waiting.changes.holdings)
    for pair in pairs:
        batch, party = pair.key
        more = expected.pop((batch, party), 0)
        books, chain = pair.numbers("held")
        if books != chain + more:
            shown = _with(pair.chain["held"], more)
            yield Difference("holding", batch, "held", pair.books["held"], shown, pair.names, party)
    for (batch, party), more in expected.items():
        if more:
            yield Difference("holding", batch, "held", None, more, party_id=party)


def compare_consignments(pairs: Iterable[Pair], waiting: UnderWay) -> Iterator[Difference]:
    """Consignments, by (evidence, batch): who sent it to whom, and what became of how much."""
    expected = dict(waiting.changes.consignments)
    for pair in pairs:
        evidence, batch = pair.key
        more = expected.pop(evidence, None) or ConsignmentChanges(batch)
        if pair.books["shipped"] is None and pair.numbers("shipped")[1] + more.shipped == 0:
            continue  # declared an error: nothing is left of it
        for name in ("batch", "sender", "addressee"):
            books, chain = pair.books[name], pair.chain[name]
            chain = getattr(more, name) if chain is None and evidence in waiting.evidences else chain
            if books != chain:
                yield Difference("consignment", batch, name, books, chain, pair.names, consignment=evidence)
        for name in PARTS:
            (books, chain), added = pair.numbers(name), getattr(more, name)
            if books != chain + added:
                shown = _with(pair.chain[name], added)
                yield Difference("consignment", batch, name, pair.books[name], shown, pair.names, consignment=evidence)
    for evidence, parcel in expected.items():
        if parcel.shipped == 0:
            continue
        yield Difference("consignment", parcel.batch, "shipped", None, parcel.shipped, consignment=evidence)


def compare_marks(pairs: Iterable[Pair], waiting: UnderWay, what: str) -> Iterator[Difference]:
    """What is said of batches without moving them (recalled, the codes' root, recalled units), by (batch, …)."""
    for pair in pairs:
        if pair.key[0] in waiting.marked:
            continue
        for name in pair.books:
            if pair.books[name] != pair.chain[name]:
                yield Difference(what, pair.key[0], name, pair.books[name], pair.chain[name], pair.names)


def _with(chain: Value, more: int) -> Value:
    if chain is None and not more:
        return None
    assert chain is None or isinstance(chain, int), "quantities are numbers"
    return (chain or 0) + more
