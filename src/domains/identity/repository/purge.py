"""Forgetting what is over, a little at a time."""

from datetime import datetime, timedelta

from domains.identity.policy.limits import PLACE_KEPT
from domains.identity.policy.rights import FAREWELL_KEPT
from domains.kernel.uow import Database

# An array is made once; a list behind IN may be made again for each row, and its limit then means nothing.
_PURGE_FAILURES = """
    DELETE FROM identity_login_failure WHERE subject = ANY(ARRAY(
        SELECT subject FROM identity_login_failure WHERE last_failed_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_TOKENS = """
    DELETE FROM identity_refresh_token WHERE token_hash = ANY(ARRAY(
        SELECT t.token_hash FROM identity_session s JOIN identity_refresh_token t ON t.session_id = s.id
        WHERE s.expires_at < $1 LIMIT $2 FOR UPDATE OF t SKIP LOCKED))
    RETURNING true
"""
_PURGE_SESSIONS = """
    DELETE FROM identity_session WHERE id = ANY(ARRAY(
        SELECT s.id FROM identity_session s WHERE s.expires_at < $1
            AND NOT EXISTS (SELECT FROM identity_refresh_token t WHERE t.session_id = s.id)
        LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_TICKETS = """
    DELETE FROM identity_ticket WHERE ticket_hash = ANY(ARRAY(
        SELECT ticket_hash FROM identity_ticket WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_CODES = """
    DELETE FROM identity_code WHERE id = ANY(ARRAY(
        SELECT id FROM identity_code WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_PENDING = """
    DELETE FROM identity_pending_login WHERE token_hash = ANY(ARRAY(
        SELECT token_hash FROM identity_pending_login WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_CHALLENGES = """
    DELETE FROM identity_challenge WHERE challenge_hash = ANY(ARRAY(
        SELECT challenge_hash FROM identity_challenge WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_FLOWS = """
    DELETE FROM identity_oidc_flow WHERE state_hash = ANY(ARRAY(
        SELECT state_hash FROM identity_oidc_flow WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_OIDC_SESSIONS = """
    DELETE FROM identity_oidc_session WHERE id = ANY(ARRAY(
        SELECT id FROM identity_oidc_session WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_LOGOUT_TOKENS = """
    DELETE FROM identity_oidc_logout_token WHERE token_hash = ANY(ARRAY(
        SELECT token_hash FROM identity_oidc_logout_token WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_PLACES = """
    DELETE FROM identity_login_place WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM identity_login_place WHERE last_login_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
_PURGE_FAREWELLS = """
    DELETE FROM identity_farewell WHERE id = ANY(ARRAY(
        SELECT id FROM identity_farewell WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""
# The table refuses to lose what is younger.
_PURGE_AUDIT = """
    DELETE FROM identity_audit WHERE id = ANY(ARRAY(
        SELECT a.id FROM identity_user u JOIN identity_audit a ON a.user_id = u.id OR a.actor_id = u.id
        WHERE u.erased_at IS NOT NULL AND a.at < now() - interval '1 year' LIMIT $1))
    RETURNING true
"""


async def purge(db: Database, now: datetime, *, at_most: int) -> int:
    """Deletes some of what is over, each kind in a transaction of its own; the most that went of any kind.

    Over are tickets, challenges, pending logins and logins at providers that nobody used in time, one-time codes and
    counted tries after a day, login sessions a day after their last possible use, places of logins after PLACE_KEPT,
    farewells after FAREWELL_KEPT, and a year after it was done, what was done by and to people who were erased.
    Fewer than `at_most` means that nothing is left. A session goes once its refresh tokens have gone.
    """
    day_ago = now - timedelta(days=1)
    gone = [
        len(await db.fetch(_PURGE_TICKETS, now, at_most)),
        len(await db.fetch(_PURGE_PENDING, now, at_most)),
        len(await db.fetch(_PURGE_CHALLENGES, now, at_most)),
        len(await db.fetch(_PURGE_FLOWS, now, at_most)),
        len(await db.fetch(_PURGE_OIDC_SESSIONS, now, at_most)),
        len(await db.fetch(_PURGE_LOGOUT_TOKENS, now, at_most)),
        len(await db.fetch(_PURGE_CODES, day_ago, at_most)),
        len(await db.fetch(_PURGE_FAILURES, day_ago, at_most)),
        len(await db.fetch(_PURGE_TOKENS, day_ago, at_most)),
        len(await db.fetch(_PURGE_SESSIONS, day_ago, at_most)),
        len(await db.fetch(_PURGE_PLACES, now - PLACE_KEPT, at_most)),
        len(await db.fetch(_PURGE_FAREWELLS, now - FAREWELL_KEPT, at_most)),
        len(await db.fetch(_PURGE_AUDIT, at_most)),
    ]
    return max(gone)
