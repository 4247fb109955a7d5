"""Shapes of what a consumer's page shows and of what a phone checks itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.custody.rules import TrailStep
from backend.verification.rules import Look, journey
from scanner.device.capture import Step

SEALS = {"matches": "真", "doubt": "疑", "unknown": "未", "recalled": "召", "opened": "启"}
"""The one character of each verdict's seal."""


@dataclass(frozen=True)
class Row:
    """One line of the journey: `evidence` in hex, the step's name, when, and the city that the place lies in."""

    evidence: str
    step: str
    at: datetime
    city: str
    location: str


def rows(look: Look, cities: Mapping[str, str]) -> list[Row]:
    """The journey of a look; `cities` maps a place's GLN to its city's name."""
    return [
        Row(
            step.evidence.hex(),
            step.step.name.lower(),
            step.at,
            cities.get(step.location or "", ""),
            step.location or "",
        )
        for step in journey(look.steps)
    ]


def grouped(serial: str) -> str:
    """A serial in groups of four or five, easy to compare with the bottle."""
    return " ".join(serial[begin : begin + 5] for begin in range(0, len(serial), 5))


def history(
    steps: Sequence[TrailStep], proofs: Mapping[bytes, Any], states: Mapping[bytes, Any]
) -> list[dict[str, Any]]:
    """Every step with its event as it was signed, its place on chain, and the proof that the bottle's case is in it."""
    told = []
    for step in steps:
        state = states.get(step.evidence)
        told.append(
            {
                "evidence": step.evidence.hex(),
                "step": Step(step.step).name.lower(),
                "event": step.event,
                "state": state.state if state else "captured",
                "block": state.block_number if state else None,
                "tx": "0x" + state.tx_hash.hex() if state and state.tx_hash else None,
                "units_proof": proofs.get(step.evidence),
            }
        )
    return told
