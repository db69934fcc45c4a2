"""Accounts: every one of them passes the same checks, wherever it comes from."""

from collections.abc import Collection

from sqlalchemy.exc import IntegrityError

from domains.identity.errors import EmailTaken, UsernameTaken
from domains.identity.events import UserCreated
from domains.identity.models import User
from domains.identity.policy.fields import (
    Role,
    checked_email,
    checked_locale,
    checked_name,
    checked_roles,
    checked_text,
    checked_time_zone,
    checked_username,
)
from domains.identity.policy.passwords import checked_password
from domains.identity.repository import accounts as repository
from domains.identity.repository.accounts import Account
from domains.identity.service.hashing import REGISTRATIONS, hash_password
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork


async def create_user(
    uow: UnitOfWork,
    *,
    email: str,
    name: str,
    password: str,
    roles: Collection[str] = (Role.LEARNER,),
    username: str | None = None,
    time_zone: str = "UTC",
    locale: str = "en",
) -> Account:
    """Raises BadField, WeakPassword, EmailTaken or UsernameTaken."""
    address = checked_email(email)
    account = Account(
        id=new_id(),
        email=address,
        username=checked_username(username),
        name=checked_name(name),
        time_zone=checked_time_zone(time_zone),
        locale=checked_locale(locale),
        roles=frozenset(checked_roles(frozenset(roles))),
    )
    checked_password(checked_text("password", password), email=address, name=account.name)
    user = User(
        id=account.id,
        email=account.email,
        username=account.username,
        name=account.name,
        password_hash=await hash_password(password, REGISTRATIONS),
        time_zone=account.time_zone,
        locale=account.locale,
    )
    try:
        repository.add_user(uow.session, user)
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_identity_user_username" in str(error.orig):
            raise UsernameTaken from None
        raise EmailTaken from None
    repository.add_roles(uow.session, account.id, account.roles)
    uow.record(UserCreated(user_id=account.id))
    return account
