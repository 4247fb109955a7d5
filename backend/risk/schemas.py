"""JSON shapes of scoring."""

from pydantic import BaseModel


class ScoringOut(BaseModel):
    """A run of the engine: the hash of what it read, its leaf of the evidence log, and what it found."""

    id: int
    model: str
    inputs_hash: str
    evidence: str
    scans: int
    candidates: int
    findings: int
