"""Dates as people and formats write them, brought to ISO 8601."""

from __future__ import annotations

import datetime
import re

from qa.language.calendar_names import MONTHS

__all__ = ["DATE", "date_in_name", "iso_date", "metadata_date"]

_MONTHS = {name[:3]: number for name, number in MONTHS.items()}
_MONTH = rf"(?:{'|'.join((*MONTHS, *_MONTHS, 'sept'))})\b\.?"
# A day that can't be a month: where both could, none of them is guessed.
_LATE_DAY = r"(?:1[3-9]|2\d|3[01])"
DATE = re.compile(
    rf"""(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}}\.?,?[ ]+)?
    (?:
        (?P<y1>\d{{4}})(?P<mark>[-/.])(?P<m1>\d{{1,2}})(?P=mark)(?P<d1>\d{{1,2}})
      | (?P<y2>\d{{4}})年[ ]?(?P<m2>\d{{1,2}})月[ ]?(?P<d2>\d{{1,2}})日
      | (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[ ](?P<m3>{_MONTH}),?[ ](?P<y3>\d{{4}})
      | (?P<m4>{_MONTH})[ ](?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[ ](?P<y4>\d{{4}})
      | (?P<d5>{_LATE_DAY})(?P<point>[./])(?P<m5>\d{{1,2}})(?P=point)(?P<y5>\d{{4}})
      | (?P<m6>\d{{1,2}})/(?P<d6>{_LATE_DAY})/(?P<y6>\d{{4}})
    )(?!\d)
    (?:(?:T|,?[ ](?:at[ ])?)\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?
       (?:[ ]?[ap]\.?m\b\.?)?
       (?:[ ]?(?:(?:Z|UTC|GMT|[A-Z]{{1,2}}[SD]?T)\b|[+-]\d{{2}}:?\d{{2}}))?
    )?""",
    re.VERBOSE | re.IGNORECASE,
)
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_. ]?)(\d\d)\2(\d\d)(?!\d)")
_METADATA = re.compile(r"(?:D:)?(\d{4})-?(\d{2})?-?(\d{2})?")


def iso_date(found: re.Match[str]) -> str | None:
    """Write what `DATE` matched in ISO 8601; None where the calendar has no such day."""
    year, month, day = (
        next(value for number in "123456" if (value := found[part + number])) for part in "ymd"
    )
    try:
        # Letters that only look like other cases of English ones, such as a long s, match too.
        number = int(month) if month.isdigit() else _MONTHS[month[:3].casefold()]
        return datetime.date(int(year), number, int(day)).isoformat()
    except (KeyError, ValueError):
        return None


def metadata_date(value: str) -> str | None:
    """Read a metadata field: ISO 8601, a PDF's ``D:20240511…`` or as people write it.

    A year alone, or the day before computers kept dates, tells nothing.
    """
    value = value.strip()
    if found := _METADATA.match(value):
        year, month, day = found.groups()
        return _day(year, month, day) if month and day else None
    written = DATE.search(value[:200])
    return iso_date(written) if written else None


def date_in_name(name: str) -> str | None:
    """Find a date such as ``2024-05-11`` or ``20240511`` in a file's name."""
    found = _IN_NAME.search(name)
    return _day(found[1], found[3], found[4]) if found else None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        date = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    # Clocks that were never set say 1601, 1904 or 1970.
    unset = date.year < 1971 and (date.month, date.day) == (1, 1)
    return None if unset else date.isoformat()
