"""The codes of a batch come into force: its bottles and cases enter the record."""

from sqlalchemy.orm import Session

from backend.catalog import service as catalog
from backend.catalog.rules import CodeRunRecord
from backend.units import refusals as no
from backend.units import store, store_steps
from backend.units.rules import Asked
from backend.units.service import wants_codes
from scanner.device.events import case_uri, item_uri


def commission(session: Session, asked: Asked, root: bytes, *, born: int) -> None:
    """Bring the codes of a batch into force, all at who bottled it.

    Raises:
        CodesDiffer, MoreCodesThanBottles, CodeKnown: see there. A batch without a code run has no units.
    """
    run = catalog.find_code_run(session, asked.gtin, asked.batch)
    if run is None or run.root != root:
        if wants_codes(session, asked.gtin, asked.batch):
            made = {} if run is None else {"run": run.root.hex()}
            raise no.CodesDiffer(gtin=asked.gtin, batch=asked.batch, commissioned=root.hex(), **made)
        return
    if run.count > born:
        raise no.MoreCodesThanBottles(gtin=asked.gtin, batch=asked.batch, codes=run.count, bottles=born)
    _enter(session, asked, run)


def _enter(session: Session, asked: Asked, run: CodeRunRecord) -> None:
    """Enter cases and bottles. A case whose number somebody packs into already stays his; its bottles come loose."""
    rest = (asked.party, asked.evidence, asked.at)
    cases = [(case_uri(c.sscc), run.gtin, run.batch, c.bottles, None, *rest) for c in catalog.list_cases(session, run)]
    taken = set(store.list_known(session, [row[0] for row in cases]))
    packed_in = {row[0].rpartition("/")[2]: row[0] for row in cases if row[0] not in taken}
    bottles = [
        (item_uri(u.gtin, u.serial), u.gtin, u.batch, 1, packed_in.get(u.sscc), *rest)
        for u in catalog.list_units(session, run)
    ]
    if known := store.list_known(session, [row[0] for row in bottles]):
        raise no.CodeKnown(unit=known[0], gtin=run.gtin, batch=run.batch)
    store.commission(session, bottles, [row for row in cases if row[0] not in taken])
    store_steps.add_run_steps(session, asked)
