"""What is worth telling of an account."""

from domains.identity import api as identity
from domains.identity.events import (
    AccountErased,
    AccountMerged,
    CodeRequested,
    ExportReady,
    SecurityNoticed,
    UserCreated,
)
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.repository import moves, rights
from domains.notifications.service import farewell, plan

# The link's token is put behind the path when the mail is written: `service.secret_mails`.
_MAILS = {
    "login": ("login_code", "/login"),
    "verify": ("verify_address", "/verify"),
    "reset": ("password_reset", "/reset"),
    "email_old": ("leave_address", "/account/email"),
    "email_new": ("verify_address", "/account/email"),
}
"""By purpose: kind and path."""


async def welcome(uow: UnitOfWork, fact: UserCreated) -> None:
    if fact.imported:
        return
    code_id = await identity.offer_verification(uow, fact.user_id)
    if code_id is not None:
        await plan.notify(
            uow, fact.user_id, "verify_address", params={"code_id": code_id}, url="/verify", cause="verify_address"
        )
    await plan.notify(uow, fact.user_id, "welcome", params={}, url="/", cause="welcome")


async def send_code(uow: UnitOfWork, fact: CodeRequested) -> None:
    if fact.user_id is None:
        return
    kind, url = _MAILS[fact.purpose]
    params = {"code_id": fact.code_id}
    await plan.notify(uow, fact.user_id, kind, params=params, url=url, cause=f"code:{fact.code_id}")


async def tell_security(uow: UnitOfWork, fact: SecurityNoticed) -> None:
    params = {"case": fact.what, "at": fact.occurred_at}
    cause = f"security:{fact.event_id}"
    await plan.notify(uow, fact.user_id, "security_notice", params=params, url="/account", cause=cause)


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await moves.move(uow.session, fact.from_id, fact.into_id)


async def tell_export(uow: UnitOfWork, fact: ExportReady) -> None:
    params = {"expires_at": fact.expires_at}
    url, cause = "/account/exports", f"export:{fact.export_id}"
    await plan.notify(uow, fact.user_id, "export_ready", params=params, url=url, cause=cause)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    email = await identity.confirmed_address(uow, fact.user_id)
    await rights.erase(uow.session, fact.user_id, email)


async def say_farewell(uow: UnitOfWork, fact: AccountErased) -> None:
    if fact.farewell_id is not None:
        await farewell.say(uow, fact.farewell_id)


SUBSCRIPTIONS = [
    Subscription("notifications.forget_account", AccountErased, forget_account, "inside"),
    Subscription("notifications.say_farewell", AccountErased, say_farewell, "after"),
    Subscription("notifications.tell_export", ExportReady, tell_export, "after"),
    Subscription("notifications.merge_accounts", AccountMerged, merge_accounts, "inside"),
    Subscription("notifications.welcome", UserCreated, welcome, "after"),
    Subscription("notifications.send_code", CodeRequested, send_code, "after"),
    Subscription("notifications.tell_security", SecurityNoticed, tell_security, "after"),
]
