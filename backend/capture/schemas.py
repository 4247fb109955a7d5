"""JSON shapes of captures."""

from pydantic import BaseModel, Field

from backend.capture.rules import BATCH_ITEMS_MAX, EvidenceState
from backend.web.shapes import RefusalOut, SignedEvent, Strict


class CaptureIn(Strict):
    """A capture as a device sends it; it is judged by the rules, so that what is refused is kept with its reason."""

    event: SignedEvent
    signer: str = Field(pattern=r"^0x([0-9a-fA-F]{2}){20,200}$", description="The device's key.")
    signature: str = Field(pattern=r"^0x([0-9a-fA-F]{2}){20,200}$", description="Its signature over the capture.")


_ONE = CaptureIn.model_json_schema()
CAPTURE_BODY = {"oneOf": [_ONE, {"type": "array", "items": _ONE, "maxItems": BATCH_ITEMS_MAX}]}
"""What POST /captures reads: one, or an array of them."""


class ReceiptOut(BaseModel):
    """A capture that was taken: its evidence in hex, how far it is, and whether it is new."""

    evidence: str
    state: EvidenceState
    fresh: bool


class TakenItemOut(ReceiptOut):
    """A capture of an array that was taken; `status` is what it would have been answered alone."""

    status: int


class KeptRefusalOut(RefusalOut):
    """A capture that was refused; `refusal` is the number under which that is kept, if it is."""

    refusal: int | None = None


class RefusedItemOut(KeptRefusalOut):
    """A capture of an array that was refused; `status` is what it would have been answered alone."""

    status: int


class ResultsOut(BaseModel):
    """What became of each capture of an array, in order."""

    accepted: int
    refused: int
    results: list[TakenItemOut | RefusedItemOut]
