"""What anchoring does by itself: one step a function, each in a transaction of its own, all safe to repeat.

Durable steps, and what a crash after each leaves:

1. evidence is queued with its capture       it is bundled by the next `bundle`
2. an intent is written with its evidence    it is sent by the next `send`, with the same nonce and bytes
3. the node has the transaction              it is sent again; the node knows it, or its nonce is spent
4. the intent is marked as sent              it is sent again only when no block takes it for a while
5. the mirror shows it                       `settle` reads it there, as often as need be
"""

from backend.anchoring.jobs.bundling import bundle_leaves, bundle_records
from backend.anchoring.jobs.enrolling import enrol, learn, sanction
from backend.anchoring.jobs.sanctioning import announce_sanctions, keep_decisions, put_in_force
from backend.anchoring.jobs.sending import bump, examine, send, send_again
from backend.anchoring.jobs.settling import settle

__all__ = [
    "announce_sanctions",
    "bump",
    "bundle_leaves",
    "bundle_records",
    "enrol",
    "examine",
    "keep_decisions",
    "learn",
    "put_in_force",
    "sanction",
    "send",
    "send_again",
    "settle",
]
