"""The one door behind every way in.

Invariant: a login session is opened only here, and for somebody with a second factor only once it was given, unless the
way in was two factors by itself.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domains.identity.policy.actions import Action
from domains.identity.policy.entry import Method
from domains.identity.policy.factors import PENDING_LIFETIME, Factor
from domains.identity.policy.limits import address_subject, is_place
from domains.identity.repository import tries
from domains.identity.repository.accounts import Account
from domains.identity.service import audit, factors, pending
from domains.identity.service.authenticator import Authenticator
from domains.identity.service.caller import Caller
from domains.identity.service.sessions import Opened, open_session
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Grant:
    access_token: str
    refresh_token: str
    account: Account
    session_id: UUID
    in_cookie: bool = False
    """Where the refresh token goes."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Who they are is half proved: one of `methods` is wanted as well, within `expires_in`."""

    token: str
    expires_in: timedelta
    methods: list[str]


async def enter(
    uow: UnitOfWork,
    authenticator: Authenticator,
    account: Account,
    caller: Caller,
    *,
    method: Method,
    multi_factor: bool = False,
) -> Grant | Pending:
    """For somebody who has proved by `method` that the account is theirs. `multi_factor`: that proof counts as two.
    The banned never come here."""
    wanted = [] if multi_factor else await factors.second_factors(uow, account.id)
    if wanted:
        return Pending(await pending.begin(uow, account.id, method), PENDING_LIFETIME, wanted)
    return await complete(uow, authenticator, account, caller, method=method)


async def complete(
    uow: UnitOfWork,
    authenticator: Authenticator,
    account: Account,
    caller: Caller,
    *,
    method: Method,
    second_factor: Factor | None = None,
) -> Grant:
    """Opens the login session of somebody whose identity is beyond doubt."""
    address = address_subject(caller.address)
    if is_place(address):
        await tries.remember_place(uow.session, account.id, address, utc_now())
    opened = await open_session(uow, account.id, user_agent=caller.user_agent, method=method)
    detail = {"method": method} | ({"second_factor": second_factor} if second_factor else {})
    audit.record(uow, Action.LOGGED_IN, user_id=account.id, detail=detail, caller=caller)
    return await granted(authenticator, account, opened, in_cookie=caller.in_cookie)


async def granted(authenticator: Authenticator, account: Account, opened: Opened, *, in_cookie: bool) -> Grant:
    access = await authenticator.issue(user_id=account.id, session_id=opened.session_id, roles=account.roles)
    return Grant(access, opened.refresh_token, account, opened.session_id, in_cookie)
