"""What counts as a difference between the books and the mirror, and how it is told. Pure.

Captures that were taken but that the mirror does not show yet are no difference: what they do is added to the mirror's
side first, by the mirror's own arithmetic (`ledger_indexer.rows.balance_changes`). So batches that never rest are
compared too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from backend.custody.rules import Account as BatchAccount
from backend.custody.rules import Holding as BatchHolding
from ledger_indexer.rows import balance_changes
from ledger_indexer.rows.balance_changes import NOTHING, Account, Changes, Parcel
from scanner.device.names import batch_id, party_id

WAITING, SIGNER = "waiting", "signer"
PLACES = ("born", "held", "in_transit", "sold", "lost", "consumed")
PARTS = ("shipped", "received", "returned", "lost")
REFUSED = "the contract refused it: "
SHOWN_MAX = 1000
"""Differences that a report lists; the rest are only counted."""
PATIENCE = timedelta(minutes=30)
"""How long a capture may be on its way to the chain."""


@dataclass(frozen=True, slots=True)
class Names:
    """A batch and the others of a difference, as people know them; None where the books know no such thing."""

    gtin: str | None = None
    batch: str | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of which the books say `books` and the chain says `chain`. Ids are those of the chain, 32 bytes.

    `what` is the thing: party, capture, declaration (that a capture was an error), input, account, holding,
    consignment, mark, recalled_units or units (a party has no `batch_id`); or `waiting`, a capture that is on its way
    for too long; or `signer`, a capture that no device known to the chain signed. `field` is its part.
    `capture` is the first capture after which the two part, `why` what is wrong with it; None when every capture of
    the batch is the same in both, so that a row was changed without one. `speaker` is the GLN of who said it, and
    `past_us` whether we were never given it: its party told the contract itself.
    """

    what: str
    batch_id: bytes
    field: str
    books: Any
    chain: Any
    names: Names = Names()
    party_id: bytes | None = None
    consignment: bytes | None = None
    capture: bytes | None = None
    why: str | None = None
    speaker: str | None = None
    past_us: bool = False

    @property
    def sentence(self) -> str:
        """For people."""
        if self.what == "party":
            who = self.names.party or (self.party_id or b"").hex()
            said = (
                f"party {who}: {self.field} is {_shown(self.books)} in the books and {_shown(self.chain)} on the chain"
            )
            return f"{said}; a key of ours told the contract what our books did not say"
        if self.what in (WAITING, SIGNER) and self.capture is not None:
            return f"capture {self.capture.hex()} of party {self.names.party}: {self.why}"
        batch = f"batch {self.names.batch} of {self.names.gtin}" if self.names.batch else f"batch {self.batch_id.hex()}"
        at = f", party {self.names.party or self.party_id.hex()}" if self.party_id else ""
        at += f", consignment {self.consignment.hex()}" if self.consignment else ""
        said = f"{batch}{at}: {self.field.replace('_', ' ')} is {_shown(self.books)} in the books"
        said += f" and {_shown(self.chain)} on the chain"
        if self.capture is None:
            return f"{said}; every capture of it is the same in both, so a row was changed without one"
        by = f" of party {self.speaker}" if self.speaker else ""
        past = "; we were never given it: its party told the contract itself" if self.past_us else ""
        return f"{said}; they part at capture {self.capture.hex()}{by}: {self.why}{past}"

    def as_json(self) -> dict[str, Any]:
        """For programs; ids and evidence in hex."""
        return {name: _plain(value) for name, value in asdict(self).items()} | {"sentence": self.sentence}


def _shown(value: Any) -> str:
    return "absent" if value is None else value.hex() if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing as the two sides have it; a value is None where that side has no such row."""

    key: tuple[bytes, ...]
    names: Names
    books: Mapping[str, Any]
    chain: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Captures that the mirror does not show yet, and what they do once it does."""

    evidences: frozenset[bytes] = frozenset()
    changes: Changes = field(default_factory=Changes)
    marked: frozenset[bytes] = frozenset()
    """Batches with a recall, a lift or a code run among them."""

    @property
    def batches(self) -> list[bytes]:
        """Batches whose accounts they change."""
        return list(self.changes.accounts)


@dataclass(slots=True)
class Report:
    """What came of a comparison at one moment. `block` is the newest mirrored one, None when there is no mirror."""

    block: int | None
    compared: int = 0
    waiting: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, found: Iterable[Difference]) -> None:
        """Count differences, and keep the first of them."""
        for each in found:
            self.count += 1
            if len(self.differences) < SHOWN_MAX:
                self.differences.append(each)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "block": self.block,
            "compared": self.compared,
            "waiting": self.waiting,
            "differences": self.count,
            "listed": [each.as_json() for each in self.differences],
        }


@dataclass(frozen=True, slots=True)
class Run:
    """A comparison that was made: when, at which block, and the first difference as `Difference.as_json` has it."""

    ran_at: datetime
    block: int
    compared: int
    waiting: int
    differences: int
    first: Mapping[str, Any] | None


def under_way(
    captures: Sequence[Sequence[Any]], inputs: Sequence[Sequence[Any]], senders: Mapping[bytes, bytes]
) -> UnderWay:
    """What captures and inputs in the mirror's shape of rows will do. `senders` are those of known consignments."""
    changes = balance_changes.fold(captures, inputs)
    balance_changes.send_back(changes, senders)
    speaking = (balance_changes.Step.COMMISSION, balance_changes.Step.RECALL, balance_changes.Step.LIFT)
    marked = frozenset(row[5] for row in captures if row[7] in speaking)
    return UnderWay(frozenset(row[4] for row in captures), changes, marked)


def compare_parties(pairs: Iterable[Pair]) -> Iterator[Difference]:
    """What parties may do (roles as the contract's bits, the territory's hash, the standing's number), by (party)."""
    for pair in pairs:
        for name in pair.books:
            if pair.books[name] != pair.chain[name]:
                books, chain = pair.books[name], pair.chain[name]
                yield Difference("party", b"", name, books, chain, pair.names, pair.key[0])


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A capture that the chain may never take: it waits since `late_since`, or is signed by a device (`signer`) that
    the mirror does not know as one of the party's while nothing is on its way that would tell the chain of it."""

    evidence: bytes
    names: Names
    late_since: datetime | None
    signer: bytes | None


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
            yield _capture(batch, pair, None, "recorded", "the chain recorded it and the books have no such movement")
        elif pair.chain["step"] is None:
            why = refused.get(evidence)
            word = f"{REFUSED}{why}" if why else "the chain has no such record"
            yield _capture(batch, pair, "taken", "refused" if why else None, word)
        else:
            name = next(name for name in pair.books if pair.books[name] != pair.chain[name])
            yield _capture(batch, pair, pair.books[name], pair.chain[name], f"its {name} differs", name)


def _capture(batch: bytes, pair: Pair, books: Any, chain: Any, why: str, field: str = "capture") -> Difference:
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
        more = expected.pop(pair.key[0], Account())
        for name in PLACES:
            books, chain = pair.books[name], pair.chain[name]
            if (books or 0) != (chain or 0) + getattr(more, name):
                yield Difference("account", pair.key[0], name, books, _with(chain, getattr(more, name)), pair.names)
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
        books, chain = pair.books["held"], pair.chain["held"]
        if (books or 0) != (chain or 0) + more:
            yield Difference("holding", batch, "held", books, _with(chain, more), pair.names, party)
    for (batch, party), more in expected.items():
        if more:
            yield Difference("holding", batch, "held", None, more, party_id=party)


def compare_consignments(pairs: Iterable[Pair], waiting: UnderWay) -> Iterator[Difference]:
    """Consignments, by (evidence, batch): who sent it to whom, and what became of how much."""
    expected = dict(waiting.changes.parcels)
    for pair in pairs:
        evidence, batch = pair.key
        more = expected.pop(evidence, None) or Parcel(batch)
        if pair.books["shipped"] is None and (pair.chain["shipped"] or 0) + more.shipped == 0:
            continue  # declared an error: nothing is left of it
        for name in ("batch", "sender", "addressee"):
            books, chain = pair.books[name], pair.chain[name]
            chain = getattr(more, name) if chain is None and evidence in waiting.evidences else chain
            if books != chain:
                yield Difference("consignment", batch, name, books, chain, pair.names, consignment=evidence)
        for name in PARTS:
            books, chain = pair.books[name], _with(pair.chain[name], getattr(more, name))
            if (books or 0) != (chain or 0):
                yield Difference("consignment", batch, name, books, chain, pair.names, consignment=evidence)
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


def _with(chain: Any, more: int) -> Any:
    return chain if chain is None and not more else (chain or 0) + more


def row_of(
    evidence: bytes, batch: bytes, party: bytes, step: int, quantity: int, counterparty: bytes | None, ref: bytes | None
) -> tuple[Any, ...]:
    """A capture in the mirror's shape of rows, without a place on the chain."""
    place = (0, 0, NOTHING, 0)
    return (
        *place,
        evidence,
        batch,
        party,
        step,
        quantity,
        counterparty or NOTHING,
        NOTHING,
        0,
        NOTHING,
        ref or NOTHING,
    )


UnitSum = tuple[str, str, str, str, int]
"""GTIN, batch, GLN of the holder, state, and how many bottles, as `backend.units.service.sums` gives them."""


def compare_units(
    sums: Iterable[UnitSum], accounts: Iterable[BatchAccount], holdings: Iterable[BatchHolding]
) -> Iterator[Difference]:
    """Bottles by the record of units against the balances of their batches: held by each party, and by place.

    A batch without units moves by quantity. Bottles that got no code stay with their maker. Each sum and holding is
    looked at once, however many batches there are: this runs in the worker's only thread.
    """
    places: dict[tuple[str, str], Counter[str]] = {}
    held: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for gtin, batch, holder, state, bottles in sums:
        places.setdefault((gtin, batch), Counter())[state] += bottles
        if state == "held":
            held[gtin, batch][holder] += bottles
    balances: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for each in holdings:
        balances[each.batch.gtin, each.batch.batch][each.party] = each.held
    for account in accounts:
        key = (account.batch.gtin, account.batch.batch)
        if (found := places.get(key)) is None:
            continue
        uncoded = account.born - found.total()
        for state in ("in_transit", "sold", "lost", "consumed"):
            if found[state] != getattr(account, state):
                yield _of_units(key, None, state, found[state], getattr(account, state))
        counts, balance = held[key], balances[key]
        for party in sorted({*counts, *balance}):
            counted = counts[party] + (uncoded if party == account.maker else 0)
            if counted != balance.get(party, 0):
                yield _of_units(key, party, "held", counted, balance.get(party, 0))


def _of_units(key: tuple[str, str], party: str | None, state: str, counted: int, balance: int) -> Difference:
    gtin, batch = key
    names = Names(gtin, batch, party)
    return Difference(
        "units",
        batch_id(gtin, batch),
        f"{state} by the record of units",
        counted,
        balance,
        names,
        party_id(party) if party else None,
    )
