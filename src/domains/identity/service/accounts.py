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
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork


async def create_user(
    uow: UnitOfWork,
    *,
    email: str | None,
    name: str,
    password: str | None,
    password_hash: str | None = None,
    verified: bool = False,
    roles: Collection[str] = (Role.LEARNER,),
    username: str | None = None,
    time_zone: str = "UTC",
    locale: str = "en",
) -> Account:
    """Guests have neither address nor password. `password_hash`: from elsewhere, instead of a password. `verified`:
    the address is known to be theirs. Raises BadField, WeakPassword, EmailTaken or UsernameTaken."""
    address = checked_email(email) if email is not None else None
    account = Account(
        id=new_id(),
        email=address,
        username=checked_username(username),
        name=checked_name(name),
        time_zone=checked_time_zone(time_zone),
        locale=checked_locale(locale),
        roles=frozenset(checked_roles(frozenset(roles))),
        verified=verified,
    )
    if password is not None:
        checked_password(checked_text("password", password), email=address, name=account.name)
        password_hash = await hash_password(password, REGISTRATIONS)
    user = User(
        id=account.id,
        email=account.email,
        email_verified_at=utc_now() if verified else None,
        username=account.username,
        name=account.name,
        password_hash=password_hash,
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
