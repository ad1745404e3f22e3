"""Reads the numbers in rate-limit headers, and rejects implausible ones. Pure: the time of day is an argument."""

from __future__ import annotations

import calendar
import math
import re
from email.utils import mktime_tz, parsedate_tz
from typing import Final

__all__ = ["LONGEST", "count_of", "seconds_of"]

LONGEST: Final = 86_400.0
"""Seconds: no provider counts limits over more than a day. A longer time is a mistake and is ignored."""

_MOST: Final = 10**12
"""Requests or tokens: a larger number means that there is no limit."""

_FIRST_MOMENT: Final = 1e9
"""From this number on, a value is not a duration (31 years) but a time in seconds since 1970 (this one is in 2001)."""
_FIRST_MILLISECOND: Final = 1e11
"""From this number on, a time is in milliseconds since 1970 (in seconds it would be in the year 5138)."""

_UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION: Final = re.compile(r"(?:\d{1,12}(?:\.\d{1,12})?(?:ms|[dhms]))+", re.ASCII)
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])", re.ASCII)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)


def count_of(value: str | None) -> int | None:
    """Return a header's count of requests or tokens, or None if it is not a number, or so large that it is no limit."""
    text = "" if value is None else value.strip()
    # The length is checked first: `int` refuses numbers with thousands of digits.
    if not text.isascii() or not text.isdecimal() or len(text) > 15 or int(text) > _MOST:
        return None
    return int(text)


def seconds_of(written: str, date: str | None = None, clock: float = 0.0) -> float | None:
    """Return the seconds until a reset: from `120ms`, `6m0s`, a bare number, or a time; None for anything else.

    A time is a number of seconds or milliseconds since 1970, an ISO 8601 time, or an HTTP date. It is compared with the
    response's own `date`, so that a wrong clock here cannot lengthen the wait, or without one with `clock` (seconds
    since 1970). A time in the past gives 0; one further away than LONGEST gives None.
    """
    text = written.strip()
    now = _moment(date or "")
    seconds = _seconds(text, clock if now is None else now)
    return None if seconds is None or not seconds <= LONGEST else max(0.0, seconds)


def _seconds(text: str, now: float) -> float | None:
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    try:
        number = float(text)
    except ValueError:
        moment = _moment(text)
        return None if moment is None else moment - now
    if not math.isfinite(number):
        return None
    if number < _FIRST_MOMENT:
        return number
    return (number if number < _FIRST_MILLISECOND else number / 1_000) - now


def _moment(text: str) -> float | None:
    """Return a date's seconds since 1970, or None if the text is not a date."""
    try:
        return _iso(text) if _ISO.fullmatch(text) else _http_date(text)
    except (IndexError, OverflowError, TypeError, ValueError):  # month 13, year 0, or text that `email` cannot parse
        return None


def _http_date(text: str) -> float | None:
    parsed = parsedate_tz(text)
    return None if parsed is None else float(mktime_tz(parsed))


def _iso(text: str) -> float | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    seconds = calendar.timegm((int(year), int(month), int(day), int(hour), int(minute), int(second)))
    offset = 0 if sign is None else int(hours) * 3_600 + int(minutes) * 60
    return float(seconds - offset if sign == "+" else seconds + offset)
