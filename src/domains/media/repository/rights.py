"""What media hold about a person, and making them forget it.

Kept after an account is erased: content that a course uses, under nobody's name.
"""

from uuid import UUID

from domains.kernel.domain import PersonalData
from domains.kernel.repository import Fetch
from domains.media.policy.purposes import LINK_KEPT

PERSONAL_DATA = (
    PersonalData(
        "files",
        """
        SELECT f.id, f.name, f.alt, f.purpose, f.visibility, 'sha256:' || encode(f.sha256, 'hex') AS ref, b.type,
            b.size_bytes, f.created_at
        FROM media_file f JOIN media_blob b ON b.sha256 = f.sha256 WHERE f.owner_id = :user_id ORDER BY f.id
        """,
    ),
    PersonalData(
        "uploads",
        """
        SELECT id, name, alt, purpose, visibility, size_bytes, type, state, failure, created_at, expires_at,
            encode(sha256, 'hex') AS sha256
        FROM media_upload WHERE owner_id = :user_id ORDER BY id
        """,
    ),
)

_FORGET_UPLOADS = """
    WITH gone AS (DELETE FROM media_upload WHERE owner_id = $1 RETURNING id)
    INSERT INTO media_leftover (prefix, due_at) SELECT 'parts/' || id, now() + $2::interval FROM gone
    ON CONFLICT (prefix) DO UPDATE SET due_at = excluded.due_at
"""
# Whoever begins to use some of it meanwhile waits, and then finds that it is shown or that it is not.
_STAY = """
    SELECT FROM media_blob WHERE sha256 IN (SELECT sha256 FROM media_file WHERE owner_id = $1)
    ORDER BY sha256 FOR UPDATE
"""
_LEAVE_USED = """
    UPDATE media_file f SET owner_id = NULL, name = '', alt = ''
    WHERE f.owner_id = $1 AND f.purpose = 'course' AND f.visibility = 'public'
        AND EXISTS (SELECT FROM media_use u WHERE u.sha256 = f.sha256)
"""
_FORGET_FILES = """
    WITH gone AS (DELETE FROM media_file WHERE owner_id = $1 RETURNING sha256)
    UPDATE media_blob SET idle_at = $2::timestamptz WHERE sha256 IN (SELECT sha256 FROM gone)
"""
_DOUBLES = """
    DELETE FROM media_file f WHERE f.owner_id = $1 AND EXISTS (
        SELECT FROM media_file o WHERE o.owner_id = $2 AND o.sha256 = f.sha256 AND o.purpose = f.purpose
            AND (o.visibility = 'public' OR f.visibility = o.visibility))
"""
_OPENED = """
    DELETE FROM media_file o WHERE o.owner_id = $2 AND EXISTS (
        SELECT FROM media_file f WHERE f.owner_id = $1 AND o.sha256 = f.sha256 AND o.purpose = f.purpose)
"""
_MOVE_FILES = "UPDATE media_file SET owner_id = $2 WHERE owner_id = $1"
_MOVE_UPLOADS = "UPDATE media_upload SET owner_id = $2 WHERE owner_id = $1"


async def erase(fetch: Fetch, user_id: UUID, *, idle_at: object) -> None:
    # What was sent of them goes when no address opens it any more.
    await fetch(_FORGET_UPLOADS, user_id, LINK_KEPT)
    await fetch(_STAY, user_id)
    await fetch(_LEAVE_USED, user_id)
    await fetch(_FORGET_FILES, user_id, idle_at)


async def merge(fetch: Fetch, from_id: UUID, into_id: UUID) -> None:
    """What both had stays once, as open as the more open of the two."""
    await fetch(_DOUBLES, from_id, into_id)
    await fetch(_OPENED, from_id, into_id)
    await fetch(_MOVE_FILES, from_id, into_id)
    await fetch(_MOVE_UPLOADS, from_id, into_id)
