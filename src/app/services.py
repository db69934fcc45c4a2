"""Where PostgreSQL and Redis are for a process: as configured, or embedded servers opened for as long as needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from app.config import Settings
from app.embedded import open_services
from app.embedded.ownership import Owner


@contextmanager
def addressed(settings: Settings, *, owner: Owner, report: Callable[[str], None]) -> Iterator[Settings]:
    """Settings with both addresses filled in. Blocks; for use before an event loop runs."""
    if not settings.embedded:
        yield settings
        return
    with open_services(settings.data_dir, owner=owner, report=report) as services:
        yield msgspec.structs.replace(
            settings,
            database_url=settings.database_url or services.database_url,
            redis_url=settings.redis_url or services.redis_url,
        )
