"""What classrooms do about the facts of others."""

from domains.classrooms import service
from domains.identity.events import AccountErased, AccountMerged, RolesChanged
from domains.kernel.uow import Subscription, UnitOfWork


async def follow_roles(uow: UnitOfWork, fact: RolesChanged) -> None:
    await service.follow_roles(uow, fact.user_id)


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await service.merge(uow, fact.from_id, fact.into_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await service.forget(uow, fact.user_id)


SUBSCRIPTIONS = [
    Subscription("classrooms.forget_account", AccountErased, forget_account, "inside"),
    Subscription("classrooms.follow_roles", RolesChanged, follow_roles, "inside"),
    Subscription("classrooms.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
