"""What was told long ago is forgotten, a few rows at a time. What still waits never is."""

from datetime import datetime, timedelta

from domains.kernel.ids import id_at
from domains.kernel.uow import Database
from domains.notifications.repository import deliveries, inbox

KEEP_DELIVERIES = timedelta(days=90)
KEEP_READ = timedelta(days=180)
KEEP_UNREAD = timedelta(days=365)
KEEP_LOCAL_MAILS = timedelta(days=30)
_AT_ONCE = 1000


async def forget_old(db: Database, now: datetime) -> None:
    more = True
    while more:
        async with db.begin() as uow:
            more = await deliveries.purge(uow.session, now - KEEP_DELIVERIES, most=_AT_ONCE)
    more = True
    while more:
        async with db.begin() as uow:
            more = await inbox.purge(uow.session, id_at(now - KEEP_READ), id_at(now - KEEP_UNREAD), most=_AT_ONCE)
    more = True
    while more:
        async with db.begin() as uow:
            more = await deliveries.purge_local_mails(uow.session, now - KEEP_LOCAL_MAILS, most=_AT_ONCE)
