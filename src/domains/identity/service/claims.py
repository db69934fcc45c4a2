"""An account whose address was never confirmed, claimed by whoever reads the mail of that address.

Invariant: whoever reads the mail need not be who registered with the address, so nothing that was set up before opens
the account afterwards: no login session, provider, passkey, authenticator app, recovery code, API key, login that waits
for a second factor, nor place that is trusted; and nothing that was wished for it before erases it. The password is for
the caller to take away or to replace.
"""

from domains.identity.policy.actions import Action
from domains.identity.repository import factors, oidc, passkeys, tries, ways
from domains.identity.repository.ways import Held
from domains.identity.service import audit, notices
from domains.identity.service.caller import Caller
from domains.identity.service.deletion import withdraw
from domains.identity.service.roles import end_of_staff
from domains.identity.service.sessions import revoke_session
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


async def claim(uow: UnitOfWork, held: Held, caller: Caller) -> None:
    """For somebody who has just read the mail of the account's address. Nothing where the address was confirmed."""
    if held.account.verified:
        return
    user_id = held.account.id
    await ways.verify(uow.session, user_id, utc_now())
    audit.record(uow, Action.ADDRESS_VERIFIED, user_id=user_id, caller=caller)
    await revoke_session(uow, user_id=user_id, reason="address confirmed")
    gone = (
        (Action.PROVIDER_UNLINKED, await oidc.forget(uow.session, user_id)),
        (Action.PASSKEY_REMOVED, await passkeys.forget_all(uow.session, user_id)),
        (Action.TOTP_OFF, await factors.forget_app(uow.session, user_id)),
    )
    for action, was_there in gone:
        if was_there:
            audit.record(uow, action, user_id=user_id, caller=caller)
            notices.tell(uow, user_id, action)
    await factors.replace_recovery_codes(uow.session, user_id, [], b"")
    await factors.forget_pending(uow.session, user_id)
    await tries.forget_places(uow.session, user_id)
    await end_of_staff(uow, user_id, by=None, caller=caller)
    await withdraw(uow, held.account, caller)
