"""IANA time zones: which calendar date a moment is, for somebody somewhere. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_date(moment: datetime, zone: str) -> date:
    """The calendar date that a person in the IANA `zone` sees at `moment`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def is_zone(name: str) -> bool:
    """True for an IANA zone name that this machine's zone data knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
