"""JSON shapes of captures with their way to the chain."""

from pydantic import BaseModel, ConfigDict, Field

from backend.anchoring.rules import AnchorState
from backend.capture.rules import EvidenceState, Stored
from backend.web.shapes import Moment, SignedEvent


class ContractRefusalOut(BaseModel):
    """Why the contract refused: the name of its error, with its values by name; `reason` in hex where it is unknown."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | bool] = Field(init=False)

    kind: str


class CaptureOut(BaseModel):
    """A capture as it was taken, in hex where it is bytes, and how far it is on its way to the chain."""

    evidence: str
    event: SignedEvent
    signer: str
    signature: str
    party: str
    captured_at: Moment
    state: EvidenceState
    refusal: ContractRefusalOut | None
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
            refusal=ContractRefusalOut.model_validate(state.refusal) if state and state.refusal else None,
            block=state.block_number if state else None,
            transaction="0x" + state.tx_hash.hex() if state and state.tx_hash else None,
        )
