"""GET /captures/{evidence}: a capture as it was taken, and how far it is on its way to the chain."""

import json
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from backend.anchoring import service
from backend.anchoring.rules import AnchorState, EvidenceState
from backend.capture import service as capture
from backend.capture.rules import Stored
from backend.errors import Malformed, NotFound
from backend.identity import service as identity
from backend.identity.access import require
from backend.identity.rules import OVERSEERS, Principal
from backend.web.rendering import page
from backend.web.requests import Transaction, wants_html

router = APIRouter()
Reader = Annotated[Principal, require(*OVERSEERS, "warehouse", "dealer", "store")]


@router.get("/captures/{evidence}")
def get_capture(request: Request, evidence: str, session: Transaction, reader: Reader) -> Response:
    """A capture by its evidence (64 hexadecimal digits): for those who oversee, and for the party that said it."""
    try:
        key = bytes.fromhex(evidence)
    except ValueError as error:
        raise Malformed("evidence: is not hexadecimal", field="evidence") from error
    found = capture.find_event(session, key)
    if found is None or not (reader.has(*OVERSEERS) or reader.party == found.party):
        raise NotFound("no such capture", evidence=evidence)
    shown = _shown(found, service.find_state(session, key))
    if not wants_html(request):
        return JSONResponse(shown)
    party = identity.find_party(session, found.party)
    event = json.dumps(found.event, ensure_ascii=False, indent=2)
    device = identity.find_device(session, found.signer)
    return page(
        request,
        "anchoring/capture.html",
        found=found,
        shown=shown,
        event=event,
        party=party.name if party else found.party,
        device=device.label if device else "",
    )


def _shown(found: Stored, state: AnchorState | None) -> dict[str, object]:
    return {
        "evidence": found.evidence.hex(),
        "event": found.event,
        "signer": "0x" + found.signer.hex(),
        "signature": "0x" + found.signature.hex(),
        "party": found.party,
        "captured_at": found.captured_at.isoformat(),
        "state": state.state if state else EvidenceState.CAPTURED,
        "refusal": state.refusal if state else None,
        "block": state.block_number if state else None,
        "transaction": "0x" + state.tx_hash.hex() if state and state.tx_hash else None,
    }
