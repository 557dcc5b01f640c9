"""English names of months and weekdays, whatever the locale."""

from __future__ import annotations

__all__ = ["MONTHS", "WEEKDAYS"]

MONTHS = {
    name: number
    for number, name in enumerate(
        "january february march april may june july august september october november "
        "december".split(),
        start=1,
    )
}
"""Months of the year; January is 1."""

WEEKDAYS = {
    name: number
    for number, name in enumerate(
        "monday tuesday wednesday thursday friday saturday sunday".split()
    )
}
"""Days of the week; Monday is 0."""
