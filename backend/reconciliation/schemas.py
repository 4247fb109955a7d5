"""JSON shapes of comparisons, and what their list may be asked."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel

from backend.reconciliation.rules import Shown
from backend.web.lists import ListQuery


class RunList(ListQuery):
    """What a list of comparisons may be asked: nothing but its order."""

    sort: Literal["-ran", "ran"] = "-ran"
    filters: ClassVar[tuple[str, ...]] = ()


class NamesOut(BaseModel):
    """The thing by the names that people know it by, where the books know them."""

    gtin: str | None
    batch: str | None
    party: str | None


class DifferenceOut(BaseModel):
    """Where books and chain part: of which thing (ids in hex), in which field, what each has, and a sentence.

    `capture` is the first after which they part and `why` what is wrong with it; `speaker` the company whose device
    signed it, `past_us` whether it was told to the contract itself: both as far as the comparison looked.
    """

    what: str
    batch_id: str
    field: str
    books: Shown
    chain: Shown
    names: NamesOut
    party_id: str | None
    consignment: str | None
    capture: str | None
    why: str | None
    speaker: str | None = None
    past_us: bool | None = None
    sentence: str


class RunOut(BaseModel):
    """A comparison: rows compared, captures that the chain has not been seen to take yet, and the first difference."""

    ran_at: datetime
    block: int
    compared: int
    waiting: int
    differences: int
    first: DifferenceOut | None
