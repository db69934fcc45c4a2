"""What profiles do about the facts of others."""

from domains.identity.events import AccountErased, AccountMerged, UserCreated
from domains.kernel.clock import utc_now
from domains.kernel.uow import Subscription, UnitOfWork
from domains.profiles.policy.handles import KEPT
from domains.profiles.repository import merging, pairs, profiles, rights
from domains.profiles.schemas.own import Preferences
from domains.profiles.service import avatars


async def make_profile(uow: UnitOfWork, fact: UserCreated) -> None:
    begun = uow.db.port(Preferences)
    await profiles.add(uow.session, fact.user_id, begun.hearts, begun.leagues, begun.streaks)


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await pairs.hold(uow.session, fact.from_id, fact.into_id)
    await merging.merge(uow.session, fact.from_id, fact.into_id, handle_kept_until=utc_now() + KEPT)
    await avatars.merge(uow, fact.from_id, fact.into_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await pairs.hold(uow.session, fact.user_id, fact.user_id)
    await rights.erase(uow.session, fact.user_id)
    await avatars.release(uow, fact.user_id)


SUBSCRIPTIONS = [
    Subscription("profiles.forget_account", AccountErased, forget_account, "inside"),
    Subscription("profiles.make_profile", UserCreated, make_profile, "inside"),
    Subscription("profiles.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
