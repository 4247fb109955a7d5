"""Times as EPCIS writes them: to the second or finer, always with their offset from UTC."""

import re
from datetime import datetime

from scanner.errors import Malformed

_TIME = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)


def seconds_of(text: object, field: str) -> int:
    """Whole seconds UTC since 1970.

    Raises:
        Malformed: it is no time, or one before 1970; names `field`.
    """
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise Malformed(field, "is not a time with its offset from UTC")
    try:
        # Fractions are cut off before, not rounded: the second a thing happened in is the second it is known by.
        seconds = int(datetime.fromisoformat(re.sub(r"\.\d+", "", text)).timestamp())
    except (ValueError, OverflowError) as error:
        raise Malformed(field, "is not a time that exists") from error
    if seconds < 0:
        raise Malformed(field, "is before 1970")
    return seconds
