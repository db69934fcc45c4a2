"""What identity does about facts: its own, after they have committed."""

from domains.identity.events import ExportRequested
from domains.identity.service import exports
from domains.kernel.uow import Subscription, UnitOfWork


async def write_export(uow: UnitOfWork, fact: ExportRequested) -> None:
    await exports.write(uow, fact.export_id)


SUBSCRIPTIONS = [Subscription("identity.write_export", ExportRequested, write_export, "after")]
