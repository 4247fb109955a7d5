"""Use cases of reconciliation: compare the books with the mirror, and keep what came of it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from backend.anchoring.rules import territory_of
from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.db.paging import Asked
from backend.errors import Unavailable
from backend.reconciliation import comparing, comparing_units, rules, store, store_named, view
from backend.reconciliation.rules import Difference, DifferenceShown, Report, Run, UnderWay
from backend.units import service as units
from ledger_indexer.mirror import queries
from scanner.device.names import party_id

_log = logging.getLogger("jiulian.reconcile")
listing = store.listing
find_last_run = store.find_last_run


def list_runs(session: Session, limit: int) -> list[Run]:
    """The newest comparisons."""
    return list(store.listing().page(session, Asked(1, limit, "ran", descending=True)).items)


find_last_run_at = store.find_last_run_at


def reconcile(session: Session, *, patience: timedelta = rules.PATIENCE) -> Report:
    """Compare everything, at the one moment that the session's transaction sees (REPEATABLE READ).

    Nothing is compared while there is no mirror: then the report has no block. A capture may be on its way to the
    chain for `patience`, and only if the chain knows the key that signed it, or is being told of it.

    Raises:
        Unavailable: the mirror was built anew meanwhile, and its tables are others than those that were begun with.
    """
    begun_with = store.mirror_tables(session)
    tip = queries.tip(session.connection())
    if tip is None:
        return Report(None)
    waiting = comparing.under_way(*store.list_under_way(session))
    report = Report(tip.number, store.count_rows(session), len(waiting.evidences))
    doubtful = store.list_doubtful(session, patience)
    report.add(_differences(session, waiting))
    report.add(comparing.doubt(doubtful))
    report.differences = _named(session, report.differences)
    if store.mirror_tables(session) != begun_with:
        raise Unavailable("the mirror was built anew during the comparison; compare again")
    return report


def _differences(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    """All of them, captures first: the others say at which capture the two sides part."""
    parted: dict[bytes, Difference] = {}
    for compare in (_captures, _declarations, _inputs):
        for each in compare(session, waiting):
            parted.setdefault(each.batch_id, each)
            yield each
    yield from comparing.compare_parties(store.pair_parties(session))
    for compare in (_accounts, _holdings, _consignments, _marks, _recalled_units, _units):
        yield from _explained(compare(session, waiting), parted)


def _named(session: Session, found: Sequence[Difference]) -> list[Difference]:
    """With the names that the books have for what only the chain told of, and who said the capture they part at."""
    batches = {each.batch_id for each in found if each.names.batch is None and each.batch_id}
    parties = {each.party_id for each in found if each.names.party is None and each.party_id}
    captures = {each.capture for each in found if each.capture}
    known = store_named.find_known(session, batches, parties, captures)
    return [view.named(each, known) for each in found]


def _explained(found: Iterable[Difference], parted: dict[bytes, Difference]) -> Iterator[Difference]:
    for each in found:
        first = parted.get(each.batch_id)
        yield each if first is None else replace(each, capture=first.capture, why=first.why)


# One function for each thing that is compared.


def _captures(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_captures(store.pair_captures(session), waiting, store.list_refused(session))


def _declarations(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_declarations(store.pair_declarations(session), waiting, store.list_refused(session))


def _inputs(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_inputs(store.pair_inputs(session), waiting, store.list_refused(session))


def _accounts(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_accounts(store.pair_accounts(session, waiting.batches), waiting)


def _holdings(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_holdings(store.pair_holdings(session, waiting.batches), waiting)


def _consignments(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_consignments(store.pair_consignments(session, list(waiting.changes.consignments)), waiting)


def _marks(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_marks(store.pair_marks(session), waiting, "mark")


def _recalled_units(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    return comparing.compare_marks(store.pair_recalled_units(session), waiting, "recalled_units")


def _units(session: Session, waiting: UnderWay) -> Iterator[Difference]:
    """The record of units against the balances; both are books, and the balances were compared with the chain above."""
    sums = units.sums(session)
    return comparing_units.compare_units(sums, custody.list_accounts(session), custody.list_holdings(session))


def run(session: Session, *, now: datetime, patience: timedelta = rules.PATIENCE) -> Report:
    """Compare, keep the result, and say it loudly in the log when books and chain differ."""
    report = reconcile(session, patience=patience)
    if report.block is not None:
        first = report.differences[0].as_json() if report.differences else None
        store.add_run(session, Run(now, report.block, report.compared, report.waiting, report.count, first))
    if report.differences:
        _log.error("books and chain differ in %d places, the first: %s", report.count, report.differences[0].sentence)
    return report


class Explanation(NamedTuple):
    """What a page says of a difference: `party`, the name of whom it is about, None where it is about nobody; what each
    side has; `speaker`, who signed the capture at which they part, and `refusal`, the contract's reason where it
    refused that one."""

    party: str | None
    books: view.Side
    chain: view.Side
    speaker: str | None
    refusal: str | None


def explain(session: Session, first: DifferenceShown) -> Explanation:
    """A difference in the names of parties and places."""
    places = {territory_of(each.adcode).hex(): each.name for each in catalog.list_places(session)}

    def party_name(id_: str) -> str | None:
        return store.find_party_name(session, bytes.fromhex(id_))

    books, chain = view.sides(first, party_name, places.get)
    gln, id_ = first["names"]["party"], first["party_id"]
    name = party_name(id_ or party_id(gln or "").hex()) if id_ or gln else None
    by = first.get("speaker")
    speaker = party_name(party_id(by).hex()) or by if by else None
    refusal = (first["why"] or "").partition(rules.REFUSED)[2] or None
    return Explanation(name or gln or (id_ and id_[:16]), books, chain, speaker, refusal)
