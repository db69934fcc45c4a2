"""Every row and fact is identified by a UUIDv7, so that ids sort by the time at which they were made."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7; ids made later by the same process sort later."""
    return uuid7()


def id_at(moment: datetime) -> UUID:
    """No id at all, but a bound: ids made before `moment` are smaller, all others are not."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
