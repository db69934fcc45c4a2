"""Who is calling: tokens in, principals out.

A signature is verified once per token and process. Whether the login session still lives is known for 30 s at most,
so a logout or a ban elsewhere is noticed within that time. One that `forget_session` or `forget_user` tells of counts
at once: what a look that was under way meanwhile found is not kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domains.identity.errors import SessionEnded, TokenExpired
from domains.identity.policy.entry import is_fresh
from domains.identity.policy.permissions import Permission, Scope, holds
from domains.identity.repository import sessions as repository
from domains.identity.repository.api_keys import Held
from domains.identity.repository.factors import step_up_methods
from domains.identity.repository.roles import held
from domains.identity.service import tokens
from domains.identity.service.api_keys import api_key_bearer
from domains.identity.service.hashing import fingerprint
from domains.identity.service.keys import KeyRing
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

_LIVE_FOR = timedelta(seconds=30)
_MOST_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who has proved who they are, for as long as the access token lives."""

    user_id: UUID
    session_id: UUID
    roles: frozenset[str]
    """As of the last look at the database, at most 30 s ago; what needs the present truth uses `guards.require`."""
    expires_at: datetime
    actor_id: UUID | None = None
    """Who of the staff looks through this person's eyes, and may only read; None for the person themselves."""


@dataclass(slots=True)
class _Known:
    principal: Principal
    live_until: datetime
    """The principal may be used until then without another look at the database."""


class Authenticator:
    """One per process."""

    def __init__(self, db: Database, *, issuer: str) -> None:
        self.keys = KeyRing(db)
        self._db = db
        self._issuer = issuer
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._of_session: dict[UUID, set[bytes]] = {}
        self._under_way: dict[tuple[int, bytes], asyncio.Task[Principal]] = {}
        self._forgotten = 0

    def cached(self, token: str) -> Principal | None:
        """The principal, if it is known and fresh; None says only that `principal` must be asked."""
        digest = fingerprint(token)
        known = self._known.get(digest)
        if known is None or utc_now() >= known.live_until:
            return None
        self._known.move_to_end(digest)
        return known.principal

    async def principal(self, token: str) -> Principal:
        """Raises TokenInvalid, TokenExpired or SessionEnded."""
        principal = self.cached(token)
        if principal is not None:
            return principal
        digest = fingerprint(token)
        # Many requests of one client become stale together: one of them looks, the others wait for what it finds.
        # A look that began before something was forgotten is no answer to who comes after that.
        key = (self._forgotten, digest)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._look(digest, token))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    async def issue(
        self, *, user_id: UUID, session_id: UUID, roles: frozenset[str], actor_id: UUID | None = None
    ) -> str:
        """A new access token for a login session that this request opened or found alive."""
        key = await self.keys.signing_key()
        now = utc_now()
        token, _ = tokens.signed(
            key,
            issuer=self._issuer,
            user_id=user_id,
            session_id=session_id,
            roles=roles,
            now=now,
            actor_id=actor_id,
        )
        return token

    async def api_key(self, secret: str) -> Held:
        """The API key that begins with `lk_`. Raises ApiKeyInvalid."""
        return await api_key_bearer(self._db, secret)

    async def roles_now(self, principal: Principal) -> frozenset[str]:
        """The roles as the database has them now. Raises SessionEnded."""
        roles = await repository.live_roles(
            self._db, session_id=principal.session_id, user_id=principal.user_id, now=utc_now()
        )
        if roles is None:
            raise SessionEnded
        return roles

    async def may(self, principal: Principal, permission: Permission, scope: Scope | None = None) -> bool:
        """As the database has it now. Raises SessionEnded."""
        roles = await self.roles_now(principal)
        if scope is None or holds(permission, roles):
            return holds(permission, roles)
        return holds(permission, roles, (await held(self._db, principal.user_id, *scope)).scoped_roles)

    async def is_fresh(self, principal: Principal) -> bool:
        """Whether the caller has proved who they are in this login session a moment ago. Raises SessionEnded."""
        at = await repository.authenticated_at(self._db, principal.session_id)
        if at is None:
            raise SessionEnded
        return is_fresh(at, utc_now())

    async def step_up_methods(self, principal: Principal) -> list[str]:
        """By what the caller can prove once more who they are: `password`, `totp`, `passkey`; empty: log in again."""
        return await step_up_methods(self._db, principal.user_id)

    async def live_sessions(self, session_ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of the login sessions that have not ended and whose user is not banned; one query, past the cache."""
        if not session_ids:
            return frozenset()
        return await repository.live_sessions(self._db, session_ids, now=utc_now())

    def forget_session(self, session_id: UUID) -> None:
        """Call it after a session's end has committed: the next use of its tokens here asks the database."""
        self._forgotten += 1
        for digest in self._of_session.pop(session_id, ()):
            del self._known[digest]

    def forget_user(self, user_id: UUID) -> None:
        """Like `forget_session`, for everything of one person: a ban, a new password, another role."""
        # Rare enough for a scan; logouts are not.
        for session_id in {k.principal.session_id for k in self._known.values() if k.principal.user_id == user_id}:
            self.forget_session(session_id)
        self._forgotten += 1

    async def _look(self, digest: bytes, token: str) -> Principal:
        known = self._drop(digest)
        if known is None:
            claims = await tokens.verified(token, self.keys, issuer=self._issuer)
        else:
            claims = tokens.Claims(known.user_id, known.session_id, known.expires_at, known.actor_id)
        now = utc_now()
        if now >= claims.expires_at:
            raise TokenExpired
        forgotten = self._forgotten
        roles = await repository.live_roles(self._db, session_id=claims.session_id, user_id=claims.user_id, now=now)
        if roles is None:
            raise SessionEnded
        principal = Principal(claims.user_id, claims.session_id, roles, claims.expires_at, claims.actor_id)
        # An end that was told of during the look may have committed after the look read "live".
        if forgotten == self._forgotten:
            self._keep(digest, _Known(principal, min(now + _LIVE_FOR, claims.expires_at)))
        return principal

    def _keep(self, digest: bytes, known: _Known) -> None:
        self._known[digest] = known
        self._of_session.setdefault(known.principal.session_id, set()).add(digest)
        if len(self._known) > _MOST_TOKENS:
            self._drop(next(iter(self._known)))

    def _drop(self, digest: bytes) -> Principal | None:
        known = self._known.pop(digest, None)
        if known is None:
            return None
        siblings = self._of_session[known.principal.session_id]
        siblings.discard(digest)
        if not siblings:
            del self._of_session[known.principal.session_id]
        return known.principal

    def _finished(self, key: tuple[int, bytes], task: asyncio.Task[Principal]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            # Read, so that a failure whose every reader has gone away is not reported as lost.
            task.exception()
