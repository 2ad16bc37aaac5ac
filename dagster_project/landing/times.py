"""Reads the times extracts state; never a clock, never a file's modification time."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_ENDS = time(23, 59, 59)
DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
# The separator must be the same throughout, else "T02:15-03:00" loses its offset.
MOMENT = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)[T _-]?"
    r"(?P<hour>\d\d)(?P<sep>[-:_]?)(?P<minute>\d\d)"
    r"(?:(?P=sep)(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>Z|z|UTC|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)


@lru_cache(maxsize=65536)
def read_instant(text: str, zone: ZoneInfo, *, day_ends: bool) -> datetime | None:
    """The stated time as naive UTC, or None where it cannot be read.

    A date alone means its last second (`day_ends`) or its first, in `zone`.
    """
    text = text.strip()
    try:
        if day := DATE.fullmatch(text):
            clock = DAY_ENDS if day_ends else time()
            return _to_utc(datetime.combine(date(*map(int, day.groups())), clock), zone)
        if moment := MOMENT.fullmatch(text):
            return _to_utc(_wall_clock(moment), _offset(moment["zone"]) or zone)
    except (ValueError, OverflowError):
        return None
    return None


def _wall_clock(moment: re.Match[str]) -> datetime:
    fraction = (moment["fraction"] or "")[:6].ljust(6, "0")
    return datetime(
        int(moment["year"]),
        int(moment["month"]),
        int(moment["day"]),
        int(moment["hour"]),
        int(moment["minute"]),
        int(moment["second"] or 0),
        int(fraction),
    )


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _to_utc(wall_clock: datetime, zone: tzinfo) -> datetime:
    return wall_clock.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
