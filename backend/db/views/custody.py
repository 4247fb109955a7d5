"""Read-views of custody: which batches there are, and which events moved them."""

from sqlalchemy import select

from backend.db.tables.custody import batch_account, movement

known_batch = select(batch_account.c.gtin, batch_account.c.batch).subquery("known_batch")
moving = select(movement.c.evidence, movement.c.gtin, movement.c.batch, movement.c.step).subquery("moving")
