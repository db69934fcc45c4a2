"""What a database needs before the first server process runs on it, so that several need not compete for it."""

from collections.abc import Callable

from app import schema
from app.config import Settings
from app.infra import PATIENT, open_infra
from app.registry import subscriptions
from domains.catalog import api as catalog


async def prepare(settings: Settings, *, owned: bool, report: Callable[[str], None]) -> None:
    """`owned`: the database is ours, to migrate and to put the demo course in. Raises SchemaError."""
    await schema.ensure(settings.database_url, may_migrate=owned, report=report)
    if owned:
        async with open_infra(settings, subscriptions(), PATIENT) as infra, infra.db.begin() as uow:
            await catalog.ensure_demo_course(uow)
