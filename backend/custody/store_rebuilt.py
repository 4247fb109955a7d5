"""Tables of custody that captures alone give."""

from backend.db.tables.custody import batch_account, consignment, holding, movement, recall

TABLES = (batch_account, holding, consignment, movement, recall)
