"""JSON shapes of comparisons, and what their list may be asked."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel

from backend.web.lists import ListQuery


class RunList(ListQuery):
    """What a list of comparisons may be asked: nothing but its order."""

    sort: Literal["-ran", "ran"] = "-ran"
    filters: ClassVar[tuple[str, ...]] = ()


class RunOut(BaseModel):
    """A comparison: rows compared, captures that the chain has not been seen to take yet, and the first difference."""

    ran_at: datetime
    block: int
    compared: int
    waiting: int
    differences: int
    first: dict[str, object] | None
