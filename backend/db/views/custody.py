"""Read-views of custody: which batches there are, who holds them, what is on its way, and which events moved them."""

from sqlalchemy import select

from backend.db.tables.custody import batch_account, consignment, holding, movement, recall

known_batch = select(batch_account.c.gtin, batch_account.c.batch).subquery("known_batch")
_A = batch_account.c
account = select(
    _A.gtin, _A.batch, _A.born, _A.held, _A.in_transit, _A.sold, _A.lost, _A.consumed, _A.units, _A.recalled
).subquery("account")
held = select(holding).subquery("held")
moving = select(movement.c.evidence, movement.c.gtin, movement.c.batch, movement.c.step).subquery("moving")
_M = movement.c
moved = select(
    _M.evidence, _M.line, _M.step, _M.gtin, _M.batch, _M.quantity, _M.party, _M.counterparty, _M.ref
).subquery("moved")
consigned = select(consignment).subquery("consigned")
_R = recall.c
recalled = select(_R.gtin, _R.batch, _R.lifted, _R.seq, _R.quantity, _R.units).subquery("recalled")
