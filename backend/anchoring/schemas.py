"""JSON shapes of captures with their way to the chain."""

from pydantic import BaseModel

from backend.anchoring.rules import AnchorState, EvidenceState
from backend.capture.rules import Stored
from backend.web.shapes import Moment


class CaptureOut(BaseModel):
    """A capture as it was taken, in hex where it is bytes, and how far it is on its way to the chain."""

    evidence: str
    event: dict[str, object]
    signer: str
    signature: str
    party: str
    captured_at: Moment
    state: EvidenceState
    refusal: dict[str, object] | None
    block: int | None
    transaction: str | None

    @classmethod
    def of(cls, found: Stored, state: AnchorState | None) -> "CaptureOut":
        """A capture for programs."""
        return cls(
            evidence=found.evidence.hex(),
            event=found.event,
            signer="0x" + found.signer.hex(),
            signature="0x" + found.signature.hex(),
            party=found.party,
            captured_at=found.captured_at,
            state=state.state if state else EvidenceState.CAPTURED,
            refusal=state.refusal if state else None,
            block=state.block_number if state else None,
            transaction="0x" + state.tx_hash.hex() if state and state.tx_hash else None,
        )
