"""A capture: what the contract is told about an event. Every field is derived from the event, by one pure function.

So the message a device sends is the event and a signature over its capture; nothing in it can disagree. What the
fields say in plain identifiers is read in `scanner.device.reading`; here it is only hashed.
"""

from dataclasses import dataclass

from scanner.device.declaration import voided
from scanner.device.event_values import Amount, Reading, Step
from scanner.device.names import batch_id, party_id
from scanner.device.reading import JL, UINT64_MAX, UINT128_MAX, Event, read, step_of, time_of
from scanner.epcis.canonical import evidence
from scanner.evidence import tree

__all__ = [
    "JL", "UINT64_MAX", "UINT128_MAX", "ZERO", "Capture", "Event", "Input", "Step", "capture_of", "captured",
    "evidence_only", "step_of",
]  # fmt: skip

ZERO = bytes(32)


@dataclass(frozen=True, slots=True)
class Input:
    """What was used up: batch id and quantity in grams, millilitres or bottles."""

    batch: bytes
    quantity: int


@dataclass(frozen=True, slots=True)
class Capture:
    """The struct of the contract. Hashes are 32 bytes, zero when absent; quantities in grams, millilitres or bottles;
    time in whole seconds UTC; `voids` is the evidence of an earlier capture that this one declares not to have been."""

    evidence: bytes
    batch: bytes = ZERO
    step: Step = Step.NONE
    quantity: int = 0
    counterparty: bytes = ZERO
    location: bytes = ZERO
    time: int = 0
    units: bytes = ZERO
    ref: bytes = ZERO
    voids: bytes = ZERO
    inputs: tuple[Input, ...] = ()


def capture_of(event: Event) -> Capture:
    """The capture of an event; Malformed names the field that a step needs and the event has not.

    An event of no step of ours gives a capture with step None: evidence, time and what it voids, and all else zero.
    """
    return captured(evidence(event), read(event))


def captured(proof: bytes, reading: Reading) -> Capture:
    """The capture of an event whose evidence and reading are known."""
    if reading.output is None:
        return Capture(evidence=proof, time=reading.time, voids=reading.voids or ZERO)
    return Capture(
        evidence=proof,
        batch=batch_id(reading.output.gtin, reading.output.batch),
        step=reading.step,
        quantity=reading.output.quantity,
        counterparty=_hashed(reading.counterparty),
        location=_hashed(reading.place),
        time=reading.time,
        units=_units(reading),
        ref=reading.ref or ZERO,
        voids=reading.voids or ZERO,
        inputs=tuple(_input(each) for each in reading.inputs),
    )


def evidence_only(event: Event) -> Capture:
    """A capture that goes into the evidence log and moves nothing, whatever the event says was done."""
    return Capture(evidence=evidence(event), time=time_of(event), voids=voided(event) or ZERO)


def _hashed(gln: str | None) -> bytes:
    return ZERO if gln is None else party_id(gln)


def _input(used: Amount) -> Input:
    return Input(batch_id(used.gtin, used.batch), used.quantity)


def _units(reading: Reading) -> bytes:
    """The root of a code run, or that over the names of the units that move, as they are written.

    A recall's is over the sorted keys of its units, so that its lift has the same in whatever order and spelling.
    """
    if reading.units_root is not None:
        return reading.units_root
    if reading.units and reading.step in (Step.RECALL, Step.LIFT):
        return tree.root(sorted(each.key.encode() for each in reading.units))
    return tree.root(text.encode() for text in reading.named) if reading.named else ZERO
