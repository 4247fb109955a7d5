"""The time zone of the trade. Pure."""

from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8), "CST")
"""China Standard Time: days and weeks of the trade begin by it. It has no summer time."""
