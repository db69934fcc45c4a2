"""Logging in at another provider, and linking one.

Invariant: a state is good once and a code is good once; what a provider says has an effect only for whoever holds the
verifier that the start of this very login answered with, and an account is opened by an address only if a trusted
provider has verified it and the account's owner has too.

Decision: a flow is bound to who began it by a verifier in the answer to the start, not by a cookie.
Context: a page on another site may get no cookie of ours set, and an app that opens the system's browser has none in
it; both can keep a string. A link to a login that a stranger began must neither log its victim in as the stranger, nor
link the victim's login to the stranger's account.
Consequence: nothing is done at the callback but to verify and keep; everything happens at the exchange, which only the
starter can ask for. A code that is read on its way is worth nothing.
"""

import hmac
import secrets
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from domains.identity.errors import (
    BadField,
    Banned,
    OidcAway,
    OidcDenied,
    OidcFlowInvalid,
    OidcLinkNeeded,
    OidcRefused,
    OidcTaken,
    ReadOnly,
    SessionEnded,
    StepUpNeeded,
)
from domains.identity.models.oidc import OidcFlow, OidcIdentity, OidcSession
from domains.identity.policy.actions import Action
from domains.identity.policy.entry import Method
from domains.identity.policy.fields import checked_email, checked_locale, checked_name, checked_text, checked_time_zone
from domains.identity.policy.oidc import EXCHANGE_LIFETIME, FLOW_LIFETIME, Claims, claims_of, with_query
from domains.identity.policy.sessions import SESSION_LIFETIME
from domains.identity.providers.openid.client import OpenIdProvider
from domains.identity.providers.openid.setup import OpenIdProviders
from domains.identity.repository import oidc as repository
from domains.identity.repository import sessions, ways
from domains.identity.repository.oidc import Answered
from domains.identity.repository.ways import Held
from domains.identity.service import audit, notices
from domains.identity.service.accounts import create_user
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.entry import Grant, Pending, enter
from domains.identity.service.guests import leave_guesthood
from domains.identity.service.hashing import fingerprint
from domains.identity.service.login import count_registration
from domains.kernel.clock import utc_now
from domains.kernel.errors import Unauthenticated
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

DEFAULT_NAME = "Learner"


class Started(NamedTuple):
    url: str
    """Where the person logs in."""
    verifier: str
    """To be shown at the exchange; nobody else gets it."""


async def begin(
    db: Database,
    authenticator: Authenticator,
    name: str,
    principal: Principal | None,
    *,
    return_to: str | None,
    link: bool,
) -> Started:
    """Raises OidcUnknown, OidcAway, BadField for a foreign address; to link also Unauthenticated and StepUpNeeded."""
    providers = db.port(OpenIdProviders)
    provider = providers.named(name)
    target = return_to if return_to is not None else f"{providers.public_url}/"
    if not providers.is_own_address(target):
        raise BadField("redirect_uri", "redirect_uri does not lie below public_url or one of the allowed origins")
    if principal is not None and principal.actor_id is not None:
        raise ReadOnly
    if link:
        if principal is None:
            raise Unauthenticated
        if not await authenticator.is_fresh(principal):
            raise StepUpNeeded(methods=await authenticator.step_up_methods(principal))
    state, nonce, code_verifier, verifier = (secrets.token_urlsafe(32) for _ in range(4))
    url = await provider.login_url(state=state, nonce=nonce, code_verifier=code_verifier)
    flow = OidcFlow(
        state_hash=fingerprint(state),
        provider=name,
        nonce=nonce,
        code_verifier=code_verifier,
        starter_hash=fingerprint(verifier),
        return_to=target,
        link=link,
        user_id=principal.user_id if principal else None,
        session_id=principal.session_id if principal else None,
        expires_at=utc_now() + FLOW_LIFETIME,
    )
    async with db.begin() as uow:
        repository.add_flow(uow.session, flow)
    return Started(url, verifier)


async def come_back(db: Database, name: str, *, state: str, code: str | None, iss: str | None) -> str:
    """Where the person goes from the provider: the page that the flow named, with a code, or an error's code; for a
    state that nobody waits for, our first page. `code` None: the provider let nobody in."""
    flow = await repository.take_flow(db, fingerprint(state), utc_now())
    if flow is None:
        # Somebody was slow, or went back in their browser: they are people, and read no problem documents.
        return with_query(f"{db.port(OpenIdProviders).public_url}/", error=OidcFlowInvalid.code)
    try:
        if flow.provider != name:
            raise OidcRefused("the answer came to another provider's address")
        provider = db.port(OpenIdProviders).named(name)
        await provider.check_sender(iss)
        if code is None:
            raise OidcDenied
        raw = await provider.claims(code, code_verifier=flow.code_verifier, nonce=flow.nonce)
    except (OidcDenied, OidcRefused, OidcAway) as error:
        return with_query(flow.return_to, error=error.code)
    exchange = secrets.token_urlsafe(32)
    await repository.answer_flow(
        db,
        fingerprint(state),
        exchange_hash=fingerprint(exchange),
        claims=claims_of(raw, provider.issuer)._asdict(),
        expires_at=utc_now() + EXCHANGE_LIFETIME,
    )
    return with_query(flow.return_to, code=exchange)


async def exchange(
    db: Database, authenticator: Authenticator, code: str, verifier: str, caller: Caller
) -> Grant | Pending | OidcIdentity:
    """What was begun: a login, or a link. Raises OidcFlowInvalid, OidcLinkNeeded, OidcTaken, Banned, SessionEnded,
    TooManyRegistrations."""
    flow = await repository.use_flow(db, fingerprint(code), utc_now())
    if flow is None or not hmac.compare_digest(fingerprint(verifier), flow.starter_hash):
        raise OidcFlowInvalid
    provider = db.port(OpenIdProviders).named(flow.provider)
    claims = Claims(**flow.claims)
    try:
        return await _done(db, authenticator, provider, claims, flow, caller)
    except IntegrityError:
        # Another request with the same login was faster, and this one finds what that one has made; or an account has
        # another login of this provider.
        try:
            return await _done(db, authenticator, provider, claims, flow, caller)
        except IntegrityError:
            raise OidcTaken from None


async def _done(
    db: Database,
    authenticator: Authenticator,
    provider: OpenIdProvider,
    claims: Claims,
    flow: Answered,
    caller: Caller,
) -> Grant | Pending | OidcIdentity:
    async with db.begin() as uow:
        if flow.link:
            return await _link(uow, provider, claims, flow, caller)
        held = await _known(uow, provider, claims) or await _newcomer(uow, provider, claims, flow, caller)
        return await _enter(uow, authenticator, provider, claims, held, caller)


async def _enter(
    uow: UnitOfWork,
    authenticator: Authenticator,
    provider: OpenIdProvider,
    claims: Claims,
    held: Held,
    caller: Caller,
) -> Grant | Pending:
    if held.banned:
        raise Banned
    entered = await enter(uow, authenticator, held.account, caller, method=Method.OIDC)
    session = OidcSession(
        id=new_id(),
        user_id=held.account.id,
        session_id=entered.session_id if isinstance(entered, Grant) else None,
        issuer=provider.issuer,
        subject=claims.subject,
        sid=claims.session,
        expires_at=utc_now() + SESSION_LIFETIME,
    )
    await repository.add_session(uow.session, session)
    return entered


async def _known(uow: UnitOfWork, provider: OpenIdProvider, claims: Claims) -> Held | None:
    row = await repository.identity(uow.session, provider.issuer, claims.subject)
    if row is None:
        return None
    # The account first, as whoever unlinks it does.
    held = await ways.hold(uow.session, row.user_id)
    return held if await repository.used(uow.session, row.id, utc_now()) else None


async def _newcomer(uow: UnitOfWork, provider: OpenIdProvider, claims: Claims, flow: Answered, caller: Caller) -> Held:
    """The account that a login of somebody unknown opens: the one with the address, the guest's who began it, or a new
    one."""
    email, sure = _email(claims), provider.trusted and claims.verified
    owner_id = await repository.owner_of_email(uow.session, email) if email else None
    if owner_id is not None:
        owner = await ways.hold(uow.session, owner_id)
        if owner is None or not (sure and owner.account.verified):
            raise OidcLinkNeeded
        if not owner.banned:
            await _attach(uow, provider, claims, owner_id, caller)
        return owner
    held = await _starter(uow, flow)
    if held is None or held.banned or not await leave_guesthood(uow, held.account.id, caller):
        await count_registration(uow.db, caller)
        user_id = (
            await create_user(uow, email=email, password=None, verified=sure and email is not None, **_said(claims))
        ).id
    else:
        user_id = held.account.id
        await _give_address(uow, user_id, email, sure=sure)
    await _attach(uow, provider, claims, user_id, caller, told=False)
    account = await ways.hold(uow.session, user_id)
    assert account is not None
    return account


async def _link(
    uow: UnitOfWork, provider: OpenIdProvider, claims: Claims, flow: Answered, caller: Caller
) -> OidcIdentity:
    held = await _starter(uow, flow)
    if held is None or held.banned:
        raise SessionEnded
    known = await repository.identity(uow.session, provider.issuer, claims.subject)
    if known is not None:
        if known.user_id != held.account.id:
            raise OidcTaken
        return known
    if held.guest:
        await leave_guesthood(uow, held.account.id, caller)
    return await _attach(uow, provider, claims, held.account.id, caller)


async def _starter(uow: UnitOfWork, flow: Answered) -> Held | None:
    """Who was logged in when it began, if they still are."""
    if flow.user_id is None or flow.session_id is None:
        return None
    held = await ways.hold(uow.session, flow.user_id)
    return held if await sessions.is_live(uow.session, flow.session_id, flow.user_id, utc_now()) else None


async def _attach(
    uow: UnitOfWork, provider: OpenIdProvider, claims: Claims, user_id: UUID, caller: Caller, *, told: bool = True
) -> OidcIdentity:
    row = OidcIdentity(
        id=new_id(),
        user_id=user_id,
        issuer=provider.issuer,
        subject=claims.subject,
        email=claims.email,
        last_used_at=utc_now(),
        created_at=utc_now(),
    )
    await repository.add_identity(uow.session, row)
    audit.record(uow, Action.PROVIDER_LINKED, user_id=user_id, detail={"provider": provider.name}, caller=caller)
    if told:
        notices.tell(uow, user_id, Action.PROVIDER_LINKED)
    return row


async def _give_address(uow: UnitOfWork, user_id: UUID, email: str | None, *, sure: bool) -> None:
    if email is not None:
        await ways.change(uow.session, user_id, email=email, email_verified_at=utc_now() if sure else None)


def _email(claims: Claims) -> str | None:
    try:
        return checked_email(checked_text("email", claims.email)) if claims.email else None
    except BadField:
        return None


def _said(claims: Claims) -> dict[str, str]:
    """What a new account takes over, as far as it can."""
    wanted = (
        ("name", checked_name, (claims.name or "")[:80], DEFAULT_NAME),
        ("locale", checked_locale, claims.locale or "", "en"),
        ("time_zone", checked_time_zone, claims.time_zone or "", "UTC"),
    )
    found = {}
    for field, check, value, default in wanted:
        try:
            found[field] = check(value)
        except BadField:
            found[field] = default
    return found
