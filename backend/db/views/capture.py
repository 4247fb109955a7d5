"""Read-views of capture: who signed what."""

from sqlalchemy import select

from backend.db.tables.capture import capture

signed = select(capture.c.evidence, capture.c.signer, capture.c.body).subquery("signed_capture")
