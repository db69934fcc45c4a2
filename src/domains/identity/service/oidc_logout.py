"""What links a person to a provider, taken away again: the link itself, or the login that stands behind a session."""

from domains.identity.errors import BadField, LastWayIn, OidcAway, OidcRefused, OidcUnknown
from domains.identity.policy.actions import Action
from domains.identity.policy.oidc import LOGOUT_TOKEN_KEPT
from domains.identity.providers.openid.setup import OpenIdProviders
from domains.identity.repository import oidc as repository
from domains.identity.service import audit, notices
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.caller import Caller
from domains.identity.service.hashing import fingerprint
from domains.identity.service.login import log_out
from domains.identity.service.sessions import revoke_session
from domains.identity.service.ways import own, ways_in
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database


async def unlink(db: Database, authenticator: Authenticator, principal: Principal, name: str, caller: Caller) -> None:
    """The provider opens the account no more, and other sessions that it opened end. Raises OidcUnknown, also where
    nothing is linked, or LastWayIn."""
    issuer = db.port(OpenIdProviders).named(name).issuer
    async with db.begin() as uow:
        held = await own(uow, principal)
        if not await repository.forget(uow.session, held.account.id, issuer):
            raise OidcUnknown("this provider is not linked to the account")
        if not await ways_in(uow, held):
            raise LastWayIn
        for user_id, session_id in await repository.take_sessions(uow.session, issuer, user_id=held.account.id):
            if session_id != principal.session_id:
                await revoke_session(uow, user_id=user_id, session_id=session_id, reason="provider unlinked")
        detail = {"provider": name}
        audit.record(uow, Action.PROVIDER_UNLINKED, user_id=held.account.id, detail=detail, caller=caller)
        notices.tell(uow, held.account.id, Action.PROVIDER_UNLINKED)
    authenticator.forget_user(principal.user_id)


async def log_out_there_too(
    db: Database, authenticator: Authenticator, principal: Principal, return_to: str | None, caller: Caller
) -> str | None:
    """Ends this login session. Where the browser goes to end the login at the provider as well; None where there is
    nothing to end, or the provider is away: nobody stays logged in for that. Raises BadField for a foreign address.

    Decision: the provider is told who we are and which login it is, without the ID token.
    Context: it would have to be kept for as long as the session, and would then stand in an address.
    Consequence: some providers ask the person before they end their login.
    """
    providers = db.port(OpenIdProviders)
    target = return_to if return_to is not None else f"{providers.public_url}/"
    if not providers.is_own_address(target):
        raise BadField("redirect_uri", "redirect_uri does not lie below public_url or one of the allowed origins")
    there = await repository.at_provider(db, principal.user_id, principal.session_id)
    await log_out(db, authenticator, principal, caller)
    provider = providers.of_issuer(there.issuer) if there else None
    if there is None or provider is None:
        return None
    try:
        return await provider.logout_url(sid=there.sid, return_to=target)
    except OidcAway:
        return None


async def end_by_provider(
    db: Database, authenticator: Authenticator, name: str, logout_token: str, caller: Caller
) -> None:
    """Ends the sessions of whoever the provider says is logged out there. Raises OidcUnknown, OidcAway, OidcRefused,
    also for a token that was used."""
    provider = db.port(OpenIdProviders).named(name)
    claims = await provider.ended(logout_token)
    token_hash = fingerprint(f"{provider.issuer} {claims['jti']}")
    async with db.begin() as uow:
        if not await repository.spend_logout_token(uow.session, token_hash, utc_now() + LOGOUT_TOKEN_KEPT):
            raise OidcRefused("the token was used before")
        found = await repository.take_sessions(
            uow.session, provider.issuer, subject=claims.get("sub"), sid=claims.get("sid")
        )
        for user_id, session_id in found:
            if await revoke_session(uow, user_id=user_id, session_id=session_id, reason="ended by provider"):
                detail = {"sessions": [str(session_id)], "provider": name}
                audit.record(uow, Action.SESSIONS_ENDED, user_id=user_id, detail=detail, caller=caller)
    for _, session_id in found:
        authenticator.forget_session(session_id)
