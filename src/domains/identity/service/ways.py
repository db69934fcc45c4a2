"""What somebody can come in by. Invariant: nothing is taken away that was the only way in."""

from domains.identity.errors import LastWayIn, SessionEnded
from domains.identity.providers.openid.setup import OpenIdProviders
from domains.identity.repository import oidc, passkeys, sessions
from domains.identity.repository import ways as repository
from domains.identity.repository.ways import Held
from domains.identity.service.authenticator import Principal
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


async def own(uow: UnitOfWork, principal: Principal) -> Held:
    """The caller's account, held until the commit. Raises SessionEnded also where the login session has ended since
    the token was looked at: within that time a stranger who was put out could still leave a way in behind."""
    held = await repository.hold(uow.session, principal.user_id)
    if held is None or not await sessions.is_live(uow.session, principal.session_id, principal.user_id, utc_now()):
        raise SessionEnded
    return held


async def ways_in(uow: UnitOfWork, held: Held) -> set[str]:
    """Of `password`, `email` (codes to an address that was confirmed), `device`, `passkey` and `oidc`."""
    ways = {"password"} if held.has_password and (held.account.email or held.account.username) else set()
    if held.account.email and held.account.verified:
        ways.add("email")
    if held.guest:
        ways.add("device")
    if await passkeys.count(uow.session, held.account.id):
        ways.add("passkey")
    # A provider that is no longer set up lets nobody in.
    issuers = [provider.issuer for provider in uow.db.port(OpenIdProviders).all]
    if issuers and await oidc.is_linked(uow.session, held.account.id, issuers):
        ways.add("oidc")
    return ways


async def check_other_way(uow: UnitOfWork, held: Held, way: str) -> None:
    """Raises LastWayIn where nothing would be left without `way`."""
    if not await ways_in(uow, held) - {way}:
        raise LastWayIn
