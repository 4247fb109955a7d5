"""The page of a capture: as it was taken, and how far it is on its way to the chain."""

import json
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.anchoring import service
from backend.anchoring.captures import capture_seen_by
from backend.anchoring.schemas import CaptureOut
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import READERS, Principal
from backend.web.rendering import page
from backend.web.requests import Transaction
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)


@router.get("/captures/{evidence}")
def show_capture(
    request: Request, evidence: str, session: Transaction, reader: Annotated[Principal, require(*READERS)]
) -> Response:
    """A capture by its evidence (64 hexadecimal digits): for those who oversee, and for the party that said it."""
    found = capture_seen_by(session, evidence, reader)
    party, device = identity.find_party(session, found.party), identity.find_device(session, found.signer)
    return page(
        request,
        "anchoring/capture.html",
        found=found,
        shown=CaptureOut.of(found, service.find_state(session, found.evidence)),
        event=json.dumps(found.event, ensure_ascii=False, indent=2),
        party=party.name if party else found.party,
        device=device.label if device else "",
    )
