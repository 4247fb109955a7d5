"""What `jiulian verify` answers in JSON.

`node` is the node that was asked; `not_proved` is what is left to be believed.
"""

from typing import NotRequired, TypedDict


class LogPlace(TypedDict):
    """Where a log stands on chain; hashes and addresses in hex, `time` in ISO 8601."""

    contract: str
    address: str
    chain: int
    block: int
    block_hash: str
    time: str
    transaction: int
    place: int
    node: str | None
    not_proved: list[str]


class RowAnswer(LogPlace):
    """A mirrored row: the name of its log, and the values that its bytes say."""

    log: str
    values: dict[str, str]


class LeafAnswer(TypedDict):
    """A leaf of an evidence log."""

    data: str
    index: int


class EarlierHead(TypedDict):
    """An earlier head of an evidence log."""

    size: int
    root: str


class HeadAnswer(LogPlace):
    """A head: of which evidence log (its id), and what is shown of a leaf, an earlier head and the newest one."""

    log: str
    size: int
    root: str
    leaf: LeafAnswer | None
    extends: EarlierHead | None
    newest_size: NotRequired[int]


class BottleCode(TypedDict):
    """The code of a bottle; `inner` is the hash of the one under its cap."""

    gtin: str
    batch: str
    serial: str
    sscc: str
    inner: str


class BottleAnswer(BottleCode):
    """A bottle and where its codes stand."""

    chain: int
    block: int
    transaction: str
    node: str
    not_proved: list[str]


class About(TypedDict):
    """What a step is about (unit, batch or others), and by which packings (numbers of steps) it is about the unit."""

    about: str
    rests_on: list[int]


class StepAnswer(TypedDict):
    """A step of a way by itself: ids of the chain in hex; `about` and `rests_on` as in `About`."""

    step: str
    time: str
    block: int
    party: str
    gln: str
    device: str
    counterparty: str | None
    counterparty_gln: str | None
    enrolled_block: int
    revoked_block: int | None
    voided_block: int | None
    about: NotRequired[str]
    rests_on: NotRequired[list[int]]


class WayAnswer(TypedDict):
    """The way of a bottle or a case."""

    unit: str
    batch: str | None
    steps: list[StepAnswer]
    node: str | None
    not_proved: list[str]
