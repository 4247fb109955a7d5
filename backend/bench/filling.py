"""More data for the bench: what was captured, copied under other names by SQL. The copies prove nothing; they weigh."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_COPIES = {
    "batch_account": "gtin, batch || '~' || n, born, held, in_transit, sold, lost, consumed, units, recalled, born_at,"
    " maker",
    "holding": "gtin, batch || '~' || n, party, held",
    "movement": "{evidence}, line, step, gtin, batch || '~' || n, quantity, party, counterparty, location, {ref}, at,"
    " taken_at, late",
    "consignment": "{evidence}, gtin, batch || '~' || n, sender, addressee, ref, shipped, received, returned, lost,"
    " shipped_at",
    "unit_custody": "unit || '~' || n, gtin, batch || '~' || n, bottles, parent || '~' || n, holder, state,"
    " {consignment}, recalled, {evidence}, at, latest, {latest_by}",
    "unit_step": "unit || '~' || n, {evidence}, kind, party, parent || '~' || n, bottles, holder, state, {consignment},"
    " recalled, at, taken_at, late, inside",
    "capture": "{evidence}, body, signer, signature, party, step, gtin, batch || '~' || n, event_time, captured_at",
    "anchor": "{evidence}, kind, 'final', null, null, null, null, null",
}
_COLUMNS = {
    "movement": "evidence, line, step, gtin, batch, quantity, party, counterparty, location, ref, at, taken_at, late",
    "unit_step": "unit, evidence, kind, party, parent, bottles, holder, state, consignment, recalled, at, taken_at,"
    " late, inside",
    "capture": "evidence, body, signer, signature, party, step, gtin, batch, event_time, captured_at",
    "anchor": "evidence, kind, state, intent, refusal, block_number, tx_hash, log_index",
}
_OWN = {
    "unit_step": "strpos(unit, '~') = 0",
    "anchor": "exists (select from movement m where m.evidence = o.evidence and strpos(m.batch, '~') = 0)",
}


def multiply(session: Session, times: int, first: int) -> int:
    """Add so many copies of what the bench itself captured, numbered from `first`; captures in the database then."""
    hashed = {
        name: f"sha256({name} || convert_to(n::text, 'UTF8'))"
        for name in ("evidence", "ref", "consignment", "latest_by")
    }
    for table, values in _COPIES.items():
        own = _OWN.get(table, "strpos(batch, '~') = 0")
        columns = f"({_COLUMNS[table]})" if table in _COLUMNS else ""
        session.execute(
            text(
                f"insert into {table} {columns} select {values.format(**hashed)}"
                f" from {table} o, generate_series({first}, {first + times - 1}) n where {own}"
            )
        )
    return int(session.execute(text("select count(*) from capture")).scalar_one())
