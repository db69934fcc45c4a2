"""API keys of other servers: made, rotated with an overlap, revoked; each of it is written into the audit log.

Invariant: a secret is known here only while the request that made it is answered; what is stored presents nothing.
"""

import secrets
from collections.abc import Collection
from uuid import UUID

from domains.identity.errors import ApiKeyInvalid, ApiKeyUnknown
from domains.identity.models.api_keys import ApiKey
from domains.identity.policy.actions import Action
from domains.identity.policy.api_keys import checked_days, checked_key_name, checked_overlap, checked_scopes
from domains.identity.repository import api_keys as repository
from domains.identity.repository.api_keys import Held
from domains.identity.service import audit
from domains.identity.service.caller import Caller
from domains.identity.service.hashing import fingerprint
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

_PREFIX = "lk_"
_LENGTH = len(_PREFIX) + 43
_SHOWN = len(_PREFIX) + 6
"""Of the secret's 256 bits this shows 36."""


def is_api_key(credential: str) -> bool:
    """True for what can only be an API key; an access token never begins like one."""
    return credential.startswith(_PREFIX)


async def api_key_bearer(db: Database, secret: str) -> Held:
    """Raises ApiKeyInvalid."""
    held = await repository.use_key(db, fingerprint(secret), now=utc_now()) if len(secret) == _LENGTH else None
    if held is None:
        raise ApiKeyInvalid
    return held


async def make_key(
    uow: UnitOfWork, *, name: str, scopes: Collection[str], known: Collection[str], days: int, by: UUID, caller: Caller
) -> tuple[ApiKey, str]:
    """The key and its secret. `known`: the scopes that routes ask for. Raises BadField."""
    lifetime = checked_days(days)
    key, secret = _made(checked_key_name(name), checked_scopes(scopes, known), by)
    key.expires_at = key.created_at + lifetime
    uow.session.add(key)
    _record(uow, Action.API_KEY_MADE, key, by, caller)
    return key, secret


async def rotate_key(
    uow: UnitOfWork, key_id: UUID, *, days: int, overlap_hours: int, by: UUID, caller: Caller
) -> tuple[ApiKey, str]:
    """A successor with the same name and scopes; the old key is good for `overlap_hours` more. Raises ApiKeyUnknown."""
    lifetime, overlap = checked_days(days), checked_overlap(overlap_hours)
    old = await repository.lock_live_key(uow.session, key_id, utc_now())
    if old is None:
        raise ApiKeyUnknown
    key, secret = _made(old.name, old.scopes, by)
    key.expires_at = key.created_at + lifetime
    uow.session.add(key)
    await uow.session.flush()
    old.expires_at = min(old.expires_at, key.created_at + overlap)
    old.successor_id = key.id
    _record(uow, Action.API_KEY_ROTATED, key, by, caller, replaces=str(old.id))
    return key, secret


async def revoke_key(uow: UnitOfWork, key_id: UUID, *, by: UUID, caller: Caller) -> None:
    """From the next request on. Raises ApiKeyUnknown."""
    key = await repository.revoke_key(uow.session, key_id, utc_now())
    if key is None:
        raise ApiKeyUnknown
    _record(uow, Action.API_KEY_REVOKED, key, by, caller)


def _made(name: str, scopes: list[str], by: UUID) -> tuple[ApiKey, str]:
    secret = _PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id(),
        name=name,
        prefix=secret[:_SHOWN],
        secret_hash=fingerprint(secret),
        scopes=scopes,
        made_by=by,
        revoked_at=None,
        last_used_at=None,
        successor_id=None,
        created_at=utc_now(),
    )
    return key, secret


def _record(uow: UnitOfWork, action: Action, key: ApiKey, by: UUID, caller: Caller, **more: str) -> None:
    detail = {"key": str(key.id), "name": key.name, "prefix": key.prefix, "scopes": key.scopes, **more}
    audit.record(uow, action, user_id=None, actor_id=by, detail=detail, caller=caller)
