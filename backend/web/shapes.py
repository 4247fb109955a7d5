"""Values of answers to programs that are written in one way everywhere."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, PlainSerializer, WithJsonSchema

Moment = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time in ISO 8601 with its offset from UTC in digits, as `datetime.isoformat` writes it."""


class Refusal(BaseModel):
    """Why a request was refused: its kind, a sentence, and the numbers and ids in it."""

    kind: str
    message: str
    details: dict[str, object]
