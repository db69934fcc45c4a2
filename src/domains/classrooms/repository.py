"""Every SQL statement of classrooms. Each function is one round trip.

Those that take a Database serve screens: live checks for many people at once.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.classrooms.policy import ClassRole
from domains.kernel.uow import Database

_ADD = text("""
    INSERT INTO classrooms_classroom (id, name, course_id, code, created_at)
    VALUES (:id, :name, :course_id, :code, :now)
""")
_ADD_MEMBER = text("""
    INSERT INTO classrooms_member (classroom_id, user_id, role, joined_at)
    VALUES (:classroom_id, :user_id, :role, :now)
""")
_LOCK_BY_CODE = text("SELECT id FROM classrooms_classroom WHERE code = :code FOR UPDATE")
_LOCK = text("""
    SELECT c.id, c.archived_at, m.role FROM classrooms_classroom c JOIN classrooms_member m ON m.classroom_id = c.id
    WHERE c.id = :classroom_id AND m.user_id = :user_id AND m.removed_at IS NULL FOR UPDATE OF c
""")
_MEMBER = text("""
    SELECT user_id, role, joined_at, removed_at FROM classrooms_member
    WHERE classroom_id = :classroom_id AND user_id = :user_id
""")
_COUNT_CLASSES = text("""
    SELECT count(*) FROM classrooms_member m JOIN classrooms_classroom c ON c.id = m.classroom_id
    WHERE m.user_id = :user_id AND m.removed_at IS NULL AND c.archived_at IS NULL
""")
_SHOWN = text("""
    SELECT c.id, c.name, c.course_id, m.role, c.code, c.created_at, c.archived_at,
        (SELECT count(*) FROM classrooms_member l
         WHERE l.classroom_id = c.id AND l.role = 'learner' AND l.removed_at IS NULL) AS learners,
        ARRAY(SELECT t.user_id FROM classrooms_member t
              WHERE t.classroom_id = c.id AND t.role <> 'learner' AND t.removed_at IS NULL
              ORDER BY t.role DESC, t.joined_at, t.user_id) AS teacher_ids
    FROM classrooms_member m JOIN classrooms_classroom c ON c.id = m.classroom_id
    WHERE m.user_id = :user_id AND m.removed_at IS NULL
      AND (CAST(:classroom_id AS uuid) IS NULL OR c.id = :classroom_id)
      AND (CAST(:archived AS bool) IS NULL OR (c.archived_at IS NOT NULL) = :archived)
      AND (CAST(:after AS uuid) IS NULL OR c.id < :after)
    ORDER BY c.id DESC LIMIT :most
""")
_RENAME = text("UPDATE classrooms_classroom SET name = :name WHERE id = :id")
_SET_CODE = text("UPDATE classrooms_classroom SET code = :code WHERE id = :id")
_SET_ARCHIVED = text("UPDATE classrooms_classroom SET archived_at = :at, code = NULL WHERE id = :id")

_LEAVE = text("""
    DELETE FROM classrooms_member
    WHERE classroom_id = :classroom_id AND user_id = :user_id AND removed_at IS NULL RETURNING true
""")
_REMOVE = text("""
    UPDATE classrooms_member SET removed_at = :now, role = 'learner'
    WHERE classroom_id = :classroom_id AND user_id = :user_id AND removed_at IS NULL RETURNING true
""")
_FORGIVE = text("""
    DELETE FROM classrooms_member
    WHERE classroom_id = :classroom_id AND user_id = :user_id AND removed_at IS NOT NULL
""")
_SET_ROLE = text("UPDATE classrooms_member SET role = :role WHERE classroom_id = :classroom_id AND user_id = :user_id")
_PAGE = text("""
    SELECT user_id, role, joined_at, removed_at FROM classrooms_member
    WHERE classroom_id = :classroom_id AND (removed_at IS NOT NULL) = :removed
      AND (CAST(:after_at AS timestamptz) IS NULL OR (joined_at, user_id) > (:after_at, :after_id))
    ORDER BY joined_at, user_id LIMIT :most
""")

_LOCK_TAUGHT = text("""
    SELECT c.id, c.archived_at, m.role FROM classrooms_classroom c JOIN classrooms_member m ON m.classroom_id = c.id
    WHERE m.user_id = :user_id AND m.role <> 'learner' AND m.removed_at IS NULL ORDER BY c.id FOR UPDATE OF c
""")
_LOCK_ALL = text("""
    SELECT c.id FROM classrooms_classroom c
    WHERE EXISTS (SELECT FROM classrooms_member m WHERE m.classroom_id = c.id AND m.user_id = :user_id)
    ORDER BY c.id FOR UPDATE
""")
_MOVE_MEMBER = text("""
    UPDATE classrooms_member m SET user_id = :into_id WHERE user_id = :from_id AND NOT EXISTS (
        SELECT FROM classrooms_member o WHERE o.classroom_id = m.classroom_id AND o.user_id = :into_id)
    RETURNING classroom_id, role, true, removed_at
""")
_DROP_MEMBER = text("""
    DELETE FROM classrooms_member WHERE user_id = :from_id RETURNING classroom_id, role, false, removed_at
""")

_OPEN = "m.removed_at IS NULL AND c.archived_at IS NULL"
_TEACHING = f"m.role IN ('teacher', 'co_teacher') AND {_OPEN}"
_JOINED = "classrooms_member m JOIN classrooms_classroom c ON c.id = m.classroom_id"
_NAME = text("SELECT name FROM classrooms_classroom WHERE id = :id AND archived_at IS NULL")
_TEACHES = f"SELECT FROM {_JOINED} WHERE m.classroom_id = $2 AND m.user_id = $1 AND {_TEACHING}"
_STILL_TEACH = f"""
    SELECT p.user_id, p.classroom_id FROM unnest($1::uuid[], $2::uuid[]) AS p (user_id, classroom_id)
    WHERE EXISTS (SELECT FROM {_JOINED}
                  WHERE m.classroom_id = p.classroom_id AND m.user_id = p.user_id AND {_TEACHING})
"""  # noqa: S608
_CLASSES_OF = f"""
    SELECT m.user_id, c.id, c.course_id FROM {_JOINED}
    WHERE m.user_id = ANY($1::uuid[]) AND m.role = 'learner' AND {_OPEN} ORDER BY c.id
"""  # noqa: S608
_LEARNERS = f"""
    SELECT c.course_id, m.user_id FROM {_JOINED}
    WHERE c.id = $1 AND m.role = 'learner' AND {_OPEN} ORDER BY m.joined_at, m.user_id
"""  # noqa: S608
_MEMBERS = text(f"""
    SELECT m.user_id FROM {_JOINED} WHERE c.id = :classroom_id AND {_OPEN}
      AND m.user_id > coalesce(CAST(:after AS uuid), '00000000-0000-0000-0000-000000000000')
    ORDER BY m.user_id LIMIT :most
""")  # noqa: S608
_COUNT_MEMBERS = text(f"SELECT count(*) FROM {_JOINED} WHERE c.id = :classroom_id AND {_OPEN}")  # noqa: S608


class LockedClassroom(NamedTuple):
    """`role` is that of whoever asked."""

    id: UUID
    archived_at: datetime | None
    role: ClassRole


class Member(NamedTuple):
    user_id: UUID
    role: ClassRole
    joined_at: datetime
    removed_at: datetime | None


class Classroom(NamedTuple):
    """A class as one of its members sees it."""

    id: UUID
    name: str
    course_id: UUID | None
    role: ClassRole
    code: str | None
    created_at: datetime
    archived_at: datetime | None
    learners: int
    teacher_ids: Sequence[UUID]
    """The teacher first."""


class Place(NamedTuple):
    """What somebody was in a class, before they were moved out of it."""

    classroom_id: UUID
    role: ClassRole
    moved: bool
    """False where the other was there already."""


class ClassOf(NamedTuple):
    """A class that somebody learns in. `course_id` None: its teachers see sessions of every course."""

    id: UUID
    course_id: UUID | None


class Learners(NamedTuple):
    course_id: UUID | None
    user_ids: list[UUID]
    """In the order in which they joined."""


async def add_classroom(
    session: AsyncSession, classroom_id: UUID, *, name: str, course_id: UUID | None, code: str, now: datetime
) -> None:
    values = {"id": classroom_id, "name": name, "course_id": course_id, "code": code, "now": now}
    await session.execute(_ADD, values)


async def add_member(session: AsyncSession, classroom_id: UUID, user_id: UUID, role: ClassRole, now: datetime) -> None:
    values = {"classroom_id": classroom_id, "user_id": user_id, "role": role, "now": now}
    await session.execute(_ADD_MEMBER, values)


async def lock_by_code(session: AsyncSession, code: str) -> UUID | None:
    return (await session.execute(_LOCK_BY_CODE, {"code": code})).scalar_one_or_none()


async def lock(session: AsyncSession, classroom_id: UUID, user_id: UUID) -> LockedClassroom | None:
    """The class, held until the end of the transaction; None for a class that the person is not in."""
    values = {"classroom_id": classroom_id, "user_id": user_id}
    row = (await session.execute(_LOCK, values)).one_or_none()
    return LockedClassroom(row.id, row.archived_at, ClassRole(row.role)) if row else None


async def member(session: AsyncSession, classroom_id: UUID, user_id: UUID) -> Member | None:
    """Also one who was removed."""
    values = {"classroom_id": classroom_id, "user_id": user_id}
    row = (await session.execute(_MEMBER, values)).one_or_none()
    return Member(row.user_id, ClassRole(row.role), row.joined_at, row.removed_at) if row else None


async def count_classes(session: AsyncSession, user_id: UUID) -> int:
    found: int = (await session.execute(_COUNT_CLASSES, {"user_id": user_id})).scalar_one()
    return found


async def classrooms(
    session: AsyncSession,
    user_id: UUID,
    *,
    classroom_id: UUID | None = None,
    archived: bool | None = None,
    after: UUID | None = None,
    most: int = 1,
) -> list[Classroom]:
    """Those that the person is in, the newest first."""
    values = {
        "user_id": user_id,
        "classroom_id": classroom_id,
        "archived": archived,
        "after": after,
        "most": most,
    }
    rows = await session.execute(_SHOWN, values)
    return [Classroom(*row)._replace(role=ClassRole(row.role)) for row in rows]


async def rename(session: AsyncSession, classroom_id: UUID, name: str) -> None:
    await session.execute(_RENAME, {"id": classroom_id, "name": name})


async def set_code(session: AsyncSession, classroom_id: UUID, code: str | None) -> None:
    await session.execute(_SET_CODE, {"id": classroom_id, "code": code})


async def set_archived(session: AsyncSession, classroom_id: UUID, at: datetime | None) -> None:
    """Either way nobody can join until there is a new code."""
    await session.execute(_SET_ARCHIVED, {"id": classroom_id, "at": at})


async def leave(session: AsyncSession, classroom_id: UUID, user_id: UUID) -> bool:
    """False where there was nobody to leave."""
    values = {"classroom_id": classroom_id, "user_id": user_id}
    return (await session.execute(_LEAVE, values)).one_or_none() is not None


async def remove(session: AsyncSession, classroom_id: UUID, user_id: UUID, now: datetime) -> bool:
    """False where there was nobody to remove."""
    values = {"classroom_id": classroom_id, "user_id": user_id, "now": now}
    return (await session.execute(_REMOVE, values)).one_or_none() is not None


async def forgive(session: AsyncSession, classroom_id: UUID, user_id: UUID) -> None:
    await session.execute(_FORGIVE, {"classroom_id": classroom_id, "user_id": user_id})


async def set_role(session: AsyncSession, classroom_id: UUID, user_id: UUID, role: ClassRole) -> None:
    await session.execute(_SET_ROLE, {"classroom_id": classroom_id, "user_id": user_id, "role": role})


async def lock_taught(session: AsyncSession, user_id: UUID) -> list[LockedClassroom]:
    """The classes that somebody teaches, held until the end."""
    rows = await session.execute(_LOCK_TAUGHT, {"user_id": user_id})
    return [LockedClassroom(row.id, row.archived_at, ClassRole(row.role)) for row in rows]


async def move_member(session: AsyncSession, from_id: UUID, into_id: UUID) -> list[Place]:
    """Those that `from_id` was in until now; where they had been removed nothing is told of it."""
    await session.execute(_LOCK_ALL, {"user_id": from_id})
    moved = await session.execute(_MOVE_MEMBER, {"from_id": from_id, "into_id": into_id})
    dropped = await session.execute(_DROP_MEMBER, {"from_id": from_id})
    return [Place(row[0], ClassRole(row[1]), row[2]) for row in (*moved, *dropped) if row[3] is None]


async def drop_member(session: AsyncSession, user_id: UUID) -> list[Place]:
    """Out of every class; where they had been removed nothing is told of it."""
    await session.execute(_LOCK_ALL, {"user_id": user_id})
    dropped = await session.execute(_DROP_MEMBER, {"from_id": user_id})
    return [Place(row[0], ClassRole(row[1]), row[2]) for row in dropped if row[3] is None]


async def page_of_members(
    session: AsyncSession, classroom_id: UUID, *, removed: bool, after: tuple[datetime, UUID] | None, most: int
) -> list[Member]:
    """In the order in which they joined."""
    after_at, after_id = after or (None, None)
    values = {
        "classroom_id": classroom_id,
        "removed": removed,
        "after_at": after_at,
        "after_id": after_id,
        "most": most,
    }
    rows = await session.execute(_PAGE, values)
    return [Member(row.user_id, ClassRole(row.role), row.joined_at, row.removed_at) for row in rows]


async def members(session: AsyncSession, classroom_id: UUID, *, after: UUID | None, most: int) -> list[UUID]:
    rows = await session.scalars(_MEMBERS, {"classroom_id": classroom_id, "after": after, "most": most})
    return list(rows.all())


async def count_members(session: AsyncSession, classroom_id: UUID) -> int:
    found: int = (await session.execute(_COUNT_MEMBERS, {"classroom_id": classroom_id})).scalar_one()
    return found


async def name(session: AsyncSession, classroom_id: UUID) -> str | None:
    found: str | None = await session.scalar(_NAME, {"id": classroom_id})
    return found


async def teaches(db: Database, user_id: UUID, classroom_id: UUID) -> bool:
    return bool(await db.fetch(_TEACHES, user_id, classroom_id))


async def still_teach(db: Database, pairs: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    users, classes = zip(*pairs, strict=True)
    return {(row["user_id"], row["classroom_id"]) for row in await db.fetch(_STILL_TEACH, list(users), list(classes))}


async def classes_of(db: Database, user_ids: Collection[UUID]) -> dict[UUID, tuple[ClassOf, ...]]:
    found: dict[UUID, tuple[ClassOf, ...]] = {}
    for row in await db.fetch(_CLASSES_OF, list(user_ids)):
        user_id: UUID = row["user_id"]
        found[user_id] = (*found.get(user_id, ()), ClassOf(row["id"], row["course_id"]))
    return found


async def learners(db: Database, classroom_id: UUID) -> Learners:
    """Nobody where the class is archived or not there."""
    rows = await db.fetch(_LEARNERS, classroom_id)
    return Learners(rows[0]["course_id"] if rows else None, [row["user_id"] for row in rows])
