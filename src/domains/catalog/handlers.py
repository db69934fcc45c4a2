"""What the catalog does about the facts of others."""

from domains.catalog.events import ImportRequested
from domains.catalog.repository import authors
from domains.catalog.service import importing
from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.uow import Subscription, UnitOfWork


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await authors.merge(uow.session, fact.from_id, fact.into_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await authors.forget(uow.session, fact.user_id)


async def run_import(uow: UnitOfWork, fact: ImportRequested) -> None:
    await importing.run(uow, fact.import_id)


SUBSCRIPTIONS = [
    Subscription("catalog.run_import", ImportRequested, run_import, "after"),
    Subscription("catalog.forget_account", AccountErased, forget_account, "inside"),
    Subscription("catalog.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
