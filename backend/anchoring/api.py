"""GET /captures/{evidence} for programs: a capture as it was taken, and how far it is on its way to the chain."""

from typing import Annotated

from fastapi import APIRouter

from backend.anchoring import service
from backend.anchoring.captures import capture_seen_by
from backend.anchoring.schemas import CaptureOut
from backend.identity.access import require
from backend.identity.rules import READERS, Principal
from backend.web.requests import Transaction
from backend.web.routes import ForPrograms

router = APIRouter(route_class=ForPrograms)


@router.get("/captures/{evidence}")
def get_capture(evidence: str, session: Transaction, reader: Annotated[Principal, require(*READERS)]) -> CaptureOut:
    """A capture by its evidence (64 hexadecimal digits): for those who oversee, and for the party that said it."""
    found = capture_seen_by(session, evidence, reader)
    return CaptureOut.of(found, service.find_state(session, found.evidence))
