"""JSON shapes of captures."""

from pydantic import BaseModel


class ReceiptOut(BaseModel):
    """A capture that was taken: its evidence in hex, how far it is, and whether it is new."""

    evidence: str
    state: str
    fresh: bool


class TakenItemOut(BaseModel):
    """A capture of an array that was taken; `status` is what it would have been answered alone."""

    status: int
    evidence: str
    state: str
    fresh: bool


class RefusedItemOut(BaseModel):
    """A capture of an array that was refused; `refusal` is the number under which that is kept."""

    status: int
    kind: str
    message: str
    told: str
    final: bool
    details: dict[str, object]
    refusal: int | None


class ResultsOut(BaseModel):
    """What became of each capture of an array, in order."""

    accepted: int
    refused: int
    results: list[TakenItemOut | RefusedItemOut]
