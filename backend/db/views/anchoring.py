"""Read-views of anchoring: how far evidence is on its way to the chain, and the order that it keeps."""

from sqlalchemy import Sequence, select

from backend.db.tables.anchoring import anchor, intent

_A = anchor.c
on_its_way = select(_A.evidence, _A.seq, _A.kind, _A.state, _A.refusal, _A.queued_at).subquery("on_its_way")
intended = select(intent.c.key, intent.c.state).subquery("intended")
chain_order = Sequence("anchor_seq_seq")
"""Whatever takes its number is told to the chain after all that took one before it."""
