"""The JSON that an alert keeps: its places and one carton. Written by risk, read by cases and by the alert's page.

Pure.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NotRequired, TypedDict

Numbers = Mapping[str, int | float | list[str]]
"""The numbers behind a signal, by name; the kinds of known flows are names."""


class TermName(StrEnum):
    """What a score is the sum of: the base, what each detector adds, and a reading after the bottle was told sold."""

    BASE = "base"
    FLOW = "flow"
    BREADTH = "breadth"
    NEIGHBOURS = "neighbours"
    PRICE = "price"
    INCENTIVE = "incentive"
    KNOWN = "known"
    UNSIGNED = "unsigned"
    SOLD = "sold"


class TermScore(TypedDict):
    """What one detector found: its weight in hundredths of natural log odds, and the numbers behind it."""

    name: TermName
    hundredths: int
    numbers: Numbers


class PlaceScore(TypedDict):
    """One place of an alert; `weekly` counts the cases that first surfaced there, the last week last."""

    adcode: str
    seen: int
    expected: float
    travellers: int | None
    hundredths: int
    weekly: list[int]
    terms: list[TermScore]


class CartonStep(TypedDict):
    """A signed step on the way of a carton's bottle: evidence in hex, GLNs, time in ISO 8601.

    `late`: told more than a day after it happened; `declared`: when it was declared an error; `unconfirmed`: by the
    addressee's word alone its sender has the bottle again, and `disputed`: he says that he has not; `papers`: the
    transport documents of a delivery.
    """

    evidence: str
    step: str
    at: str
    actor: str
    sender: str | None
    addressee: str | None
    late: NotRequired[bool]
    declared: NotRequired[str]
    unconfirmed: NotRequired[bool]
    disputed: NotRequired[bool]
    papers: NotRequired[list[str]]


class CartonReading(TypedDict):
    """A reading of one of a carton's bottles; time in ISO 8601."""

    at: str
    adcode: str | None
    serial: str
    source: str


class Way(TypedDict):
    """A bottle and its way."""

    gtin: str
    batch: str
    serial: str
    way: list[CartonStep]


class Carton(TypedDict, total=False):
    """The sample carton of an alert; empty when nothing was read at its gravest place.

    `cases` and `bottles` are those of the dealer there; of the cases, `unsigned` rest on another's word, `returned` on
    the addressee's that they went back, `given_back` on the dealer's own. `suspended`: since when he could not sign.
    """

    gtin: str
    batch: str
    serial: str
    way: list[CartonStep]
    sscc: str
    cases: int
    unsigned: int
    returned: int
    given_back: int
    suspended: str | None
    bottles: int
    readings: list[CartonReading]
