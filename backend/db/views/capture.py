"""Read-views of capture: who signed what, about which batch, in the order in which it was kept."""

from sqlalchemy import select

from backend.db.tables.capture import capture

_C = capture.c
signed = select(_C.evidence, _C.signer, _C.body).subquery("signed_capture")
kept = select(_C.evidence, _C.seq, _C.party, _C.signer, _C.gtin, _C.batch).subquery("kept_capture")
