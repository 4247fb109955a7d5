"""The time zone of the trade. Pure."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "CST")
"""China Standard Time: days and weeks of the trade begin by it. It has no summer time."""


def in_china(moment: datetime) -> datetime:
    """A moment by the clock on the wall; one at the edge of the calendar, where that clock has none, as it stands."""
    try:
        return moment.astimezone(CHINA)
    except OverflowError:
        return moment.replace(tzinfo=CHINA)
