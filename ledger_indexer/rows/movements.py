"""Rows of logs that move quantities of batches: their shapes, the steps, and which consignment they concern. Pure."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple, cast

from ledger_indexer.rows.decode import Row

EVIDENCE: Final = 4
BATCH: Final = 5
PARTY: Final = 6
STEP: Final = 7
QUANTITY: Final = 8
COUNTERPARTY: Final = 9
REF: Final = 13
VOIDED_STEP: Final = 8
"""Places in the rows below; the step of ``CaptureVoided`` stands one further on."""

Movement = tuple[
    object, object, object, object, bytes, bytes, bytes, int, int, bytes, object, object, object, bytes, object
]
"""A row of ``Captured``; evidence, batch, party, step, quantity, counterparty and ref are read, else it may be None."""
Declaration = tuple[
    object, object, object, object, bytes, bytes, bytes, bytes, int, int, bytes, object, object, bytes, object
]
"""A row of ``CaptureVoided``: evidence, batch, party, voids, step, quantity, counterparty and ref are read."""
Input = tuple[object, object, object, object, bytes, bytes, int]
"""A row of ``InputConsumed`` or ``InputRestored``: evidence, batch and quantity are read."""

NOTHING = bytes(32)
"""What a capture has where it names nothing."""


class BalanceRows(NamedTuple):
    """Rows of the logs that are added up."""

    captured: Sequence[Movement]
    consumed: Sequence[Input]
    voided: Sequence[Declaration]
    restored: Sequence[Input]


def balance_rows(rows: Mapping[str, Sequence[Row]]) -> BalanceRows:
    """Of decoded rows by the log's name those that are added up; the decoder gives them the types of the log."""
    return BalanceRows(
        cast(Sequence[Movement], rows.get("Captured", ())),
        cast(Sequence[Input], rows.get("InputConsumed", ())),
        cast(Sequence[Declaration], rows.get("CaptureVoided", ())),
        cast(Sequence[Input], rows.get("InputRestored", ())),
    )


class Step(IntEnum):
    """The contract's steps."""

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


BEARING = frozenset({Step.HARVEST, Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})
CONSIGNING = frozenset({Step.SHIP, Step.RECEIVE, Step.RETURN})
"""Steps that always concern a consignment; a write-off does when it names one."""
MOVING = CONSIGNING | BEARING | {Step.SELL, Step.WRITE_OFF}
SHIP, RECEIVE, RETURN, SELL, WRITE_OFF = (
    int(s) for s in (Step.SHIP, Step.RECEIVE, Step.RETURN, Step.SELL, Step.WRITE_OFF)
)
"""As plain integers: rows are compared with them by the hundred thousand."""


def opposite(declaration: Declaration) -> Movement:
    """What a row of ``CaptureVoided`` does, as a row of ``Captured``: the capture that it voids, the quantity turned.

    Added up with that capture's own it gives nothing. What it does not repeat is left out.
    """
    block, index, tx, at, _, batch, party, voids, step, quantity, counterparty, where, when, ref, device = declaration
    return block, index, tx, at, voids, batch, party, step, -quantity, counterparty, where, when, NOTHING, ref, device


def consignment_of(capture: Movement) -> bytes | None:
    """The consignment that a capture opens or moves, by the evidence of its shipment; None when it concerns none."""
    step, ref = capture[STEP], capture[REF]
    if step == SHIP:
        return capture[EVIDENCE]
    return ref if step in CONSIGNING or (step == WRITE_OFF and ref != NOTHING) else None
