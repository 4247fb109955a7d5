"""What an event says, as values: the step, amounts, packings, deliveries. Pure."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from scanner.device.names import Unit


class Step(IntEnum):
    """Steps of the protocol, numbered as in the contract."""

    NONE = 0
    HARVEST = 1
    FERMENT = 2
    DISTIL = 3
    AGE = 4
    BLEND = 5
    BOTTLE = 6
    INSPECT = 7
    COMMISSION = 8
    SHIP = 9
    RECEIVE = 10
    RETURN = 11
    SELL = 12
    WRITE_OFF = 13
    RECALL = 14
    LIFT = 15


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a batch: GTIN, batch number (AI 10), quantity in grams, millilitres or bottles.

    `uom` is the measure it was told in: KGM, LTR, or None for bottles.
    """

    gtin: str
    batch: str
    quantity: int
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Packing:
    """An aggregation: children that came into a parent (ADD), left it (DELETE), or were seen in it (OBSERVE).

    `children` is empty for a DELETE of all that is inside.
    """

    action: Literal["ADD", "DELETE", "OBSERVE"]
    parent: Unit
    children: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A proof of delivery: what of a shipment arrived, told by somebody else than who signs for receiving it.

    `shipment` is the shipment's evidence; `units` what arrived, empty when all that is open did; `lot`, `sender` and
    `receiver` (GLNs) as far as they are told, and `papers` the transport documents (bill of lading) that it names.
    """

    shipment: bytes
    units: tuple[Unit, ...] = ()
    lot: Amount | None = None
    sender: str | None = None
    receiver: str | None = None
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an event says. `sender` and `receiver` are the GLNs of the owning parties in source and destination list,
    `place` that of the read point; `time` is in whole seconds UTC; `named` are the texts that name units, as written,
    and `units` what they name, in the same order. `ref` is the shipment's evidence, or the hash of the first document;
    `documents` are the URIs of orders and advices, as written. `voids` is the evidence of the event that this one
    declares not to have happened; `event_id` is the key of its eventID."""

    step: Step
    time: int
    output: Amount | None = None
    inputs: tuple[Amount, ...] = ()
    sender: str | None = None
    receiver: str | None = None
    place: str | None = None
    named: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    units_root: bytes | None = None
    ref: bytes | None = None
    documents: tuple[str, ...] = ()
    packing: Packing | None = None
    arrival: Arrival | None = None
    voids: bytes | None = None
    event_id: str | None = None

    @property
    def counterparty(self) -> str | None:
        """GLN of the other side: the receiver of a shipment, the sender of what is received."""
        return {Step.SHIP: self.receiver, Step.RECEIVE: self.sender}.get(self.step)

    @property
    def actor(self) -> str | None:
        """GLN of who acts, where the event itself says so; its device has to be his. Where goods do not change hands,
        whatever owners are named say nothing of who acts."""
        return {"sourceList": self.sender, "destinationList": self.receiver}.get(OWN_SIDE.get(self.step, ""))


OWN_SIDE = {Step.SHIP: "sourceList", Step.RETURN: "sourceList", Step.RECEIVE: "destinationList"}
"""Where a party that hands over, or is handed something, stands itself."""
