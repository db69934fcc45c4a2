"""Login sessions as lists that people look at."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.identity.policy.sessions import SESSION_IDLE
from domains.kernel.uow import Database

MOST_LISTED = 100

_LIVE_OF_USER = """
    SELECT id, method, user_agent, created_at, last_used_at, least(expires_at, last_used_at + $3::interval) AS ends_at
    FROM identity_session
    WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_used_at > $2 - $3::interval
    ORDER BY last_used_at DESC, id DESC LIMIT $4
"""


class Login(NamedTuple):
    id: UUID
    method: str
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    """When tokens were last fetched, so up to the lifetime of an access token before the last request."""
    ends_at: datetime
    """If it is not used meanwhile."""


async def live_logins(db: Database, user_id: UUID, *, now: datetime) -> list[Login]:
    """The last used first, at most MOST_LISTED."""
    return [Login(*row) for row in await db.fetch(_LIVE_OF_USER, user_id, now, SESSION_IDLE, MOST_LISTED)]
