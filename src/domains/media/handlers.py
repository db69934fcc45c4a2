"""What media do about facts: their own, and those of accounts."""

from collections.abc import Sequence

from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.clock import utc_now
from domains.kernel.uow import Subscription, UnitOfWork
from domains.media.events import UploadCompleted
from domains.media.policy.purposes import GRACE
from domains.media.repository import rights
from domains.media.service import uploads


async def look_at_upload(uow: UnitOfWork, fact: UploadCompleted) -> None:
    await uploads.finish_large(uow, fact.upload_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    # Nobody waits for it to be of use again: the next round of the clock deletes it.
    await rights.erase(uow.fetch, fact.user_id, idle_at=utc_now() - GRACE)


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await rights.merge(uow.fetch, fact.from_id, fact.into_id)


SUBSCRIPTIONS: Sequence[Subscription] = [
    Subscription("media.forget_account", AccountErased, forget_account, "inside"),
    Subscription("media.look_at_upload", UploadCompleted, look_at_upload, "after"),
    Subscription("media.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
