"""SQL of remarks, of who works on a course, and of who was asked to. Each function is one round trip."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import new_id

_WHEN = sa.bindparam("at", type_=sa.DateTime(timezone=True))

_COMMENT = "SELECT id, node_id, author_id, body, created_at, resolved_at, resolved_by FROM catalog_comment"
_COMMENTS = text(f"""
    {_COMMENT}
    WHERE course_id = :course_id AND (CAST(:after AS uuid) IS NULL OR id > :after)
        AND (CAST(:node_id AS uuid) IS NULL OR node_id = :node_id)
        AND (CAST(:resolved AS boolean) IS NULL OR (resolved_at IS NOT NULL) = :resolved)
    ORDER BY id LIMIT :most
""")
_ONE_COMMENT = text(_COMMENT + " WHERE course_id = :course_id AND id = :id")
_ADD_COMMENT = text("""
    INSERT INTO catalog_comment (id, course_id, node_id, author_id, body)
    VALUES (:id, :course_id, :node_id, :author_id, :body)
""").bindparams(sa.bindparam("node_id", type_=sa.Uuid()))
_RESOLVE = text("""
    UPDATE catalog_comment SET resolved_at = :at, resolved_by = :by_id
    WHERE course_id = :course_id AND id = :id AND (resolved_at IS NULL) = (:at IS NOT NULL)
""").bindparams(_WHEN, sa.bindparam("by_id", type_=sa.Uuid()))
_DROP_COMMENT = text("DELETE FROM catalog_comment WHERE course_id = :course_id AND id = :id")
_HAS_NODE = text("SELECT EXISTS (SELECT FROM catalog_node WHERE course_id = :course_id AND id = :node_id)")

_MEMBERS = text("""
    SELECT user_id, role, added_at FROM catalog_collaborator WHERE course_id = :course_id
    ORDER BY CASE role WHEN 'owner' THEN 0 WHEN 'editor' THEN 1 ELSE 2 END, added_at, user_id
""")
_SET_ROLE = text("""
    UPDATE catalog_collaborator SET role = :role WHERE course_id = :course_id AND user_id = :user_id RETURNING true
""")
_DEMOTE = text("UPDATE catalog_collaborator SET role = 'editor' WHERE course_id = :course_id AND role = 'owner'")
_REMOVE = text("""
    DELETE FROM catalog_collaborator WHERE course_id = :course_id AND user_id = :user_id AND role <> 'owner'
    RETURNING true
""")

_INVITATIONS = text("""
    SELECT id, course_id, asked, role, created_at FROM catalog_invitation
    WHERE course_id = :course_id ORDER BY id
""")
_INVITE = text("""
    INSERT INTO catalog_invitation (id, course_id, asked, user_id, role, by_id)
    VALUES (:id, :course_id, :asked, :user_id, :role, :by_id)
    ON CONFLICT (course_id, asked) DO UPDATE SET
        role = excluded.role, by_id = excluded.by_id, user_id = excluded.user_id
    RETURNING id, course_id, asked, role, created_at
""").bindparams(sa.bindparam("user_id", type_=sa.Uuid()), sa.bindparam("by_id", type_=sa.Uuid()))
_UNINVITE = text("DELETE FROM catalog_invitation WHERE course_id = :course_id AND id = :id RETURNING true")
_ASKED_OF = text("""
    SELECT i.id, i.course_id, c.slug, coalesce(convert_from(d.body, 'UTF8')::json ->> 'title', c.title) AS title,
        i.role, i.by_id, i.created_at
    FROM catalog_invitation i JOIN catalog_course c ON c.id = i.course_id
    LEFT JOIN catalog_draft d ON d.course_id = c.id
    WHERE i.user_id = :user_id ORDER BY i.id DESC LIMIT 100
""")
_TAKE = text("""
    DELETE FROM catalog_invitation WHERE id = :id AND user_id = :user_id RETURNING course_id, role
""")
_JOIN = text("""
    INSERT INTO catalog_collaborator (course_id, user_id, role) VALUES (:course_id, :user_id, :role)
    ON CONFLICT (course_id, user_id) DO UPDATE SET role = excluded.role WHERE catalog_collaborator.role <> 'owner'
""")


class Comment(NamedTuple):
    id: UUID
    node_id: UUID | None
    author_id: UUID
    body: str
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: UUID | None


class Member(NamedTuple):
    user_id: UUID
    role: str
    added_at: datetime


class Invitation(NamedTuple):
    id: UUID
    course_id: UUID
    asked: str
    role: str
    created_at: datetime


class AskedOf(NamedTuple):
    id: UUID
    course_id: UUID
    slug: str
    title: str
    role: str
    by_id: UUID | None
    created_at: datetime


async def comments(
    session: AsyncSession,
    course_id: UUID,
    *,
    node_id: UUID | None,
    resolved: bool | None,
    after: UUID | None,
    most: int,
) -> list[Comment]:
    """The oldest first. None: of whatever node, resolved or not."""
    values = {"course_id": course_id, "node_id": node_id, "resolved": resolved, "after": after, "most": most}
    return [Comment(*row) for row in await session.execute(_COMMENTS, values)]


async def comment(session: AsyncSession, course_id: UUID, id_: UUID) -> Comment | None:
    row = (await session.execute(_ONE_COMMENT, {"course_id": course_id, "id": id_})).one_or_none()
    return None if row is None else Comment(*row)


async def add_comment(session: AsyncSession, course_id: UUID, node_id: UUID | None, author_id: UUID, body: str) -> UUID:
    id_ = new_id()
    values = {"id": id_, "course_id": course_id, "node_id": node_id, "author_id": author_id, "body": body}
    await session.execute(_ADD_COMMENT, values)
    return id_


async def resolve(session: AsyncSession, course_id: UUID, id_: UUID, at: datetime | None, by_id: UUID | None) -> None:
    """None: it is open again. Nothing where it is so already."""
    await session.execute(_RESOLVE, {"course_id": course_id, "id": id_, "at": at, "by_id": by_id})


async def drop_comment(session: AsyncSession, course_id: UUID, id_: UUID) -> None:
    await session.execute(_DROP_COMMENT, {"course_id": course_id, "id": id_})


async def has_node(session: AsyncSession, course_id: UUID, node_id: UUID) -> bool:
    """Whether the course ever had it."""
    return bool(await session.scalar(_HAS_NODE, {"course_id": course_id, "node_id": node_id}))


async def members(session: AsyncSession, course_id: UUID) -> list[Member]:
    """The owner first."""
    return [Member(*row) for row in await session.execute(_MEMBERS, {"course_id": course_id})]


async def set_role(session: AsyncSession, course_id: UUID, user_id: UUID, role: str) -> bool:
    """False for who does not work on the course. There is one owner at most: `demote` comes first."""
    values = {"course_id": course_id, "user_id": user_id, "role": role}
    return (await session.execute(_SET_ROLE, values)).one_or_none() is not None


async def demote(session: AsyncSession, course_id: UUID) -> None:
    """The owner is an editor from now on."""
    await session.execute(_DEMOTE, {"course_id": course_id})


async def remove(session: AsyncSession, course_id: UUID, user_id: UUID) -> bool:
    """False for who does not work on the course, and for its owner."""
    return (await session.execute(_REMOVE, {"course_id": course_id, "user_id": user_id})).one_or_none() is not None


async def invitations(session: AsyncSession, course_id: UUID) -> list[Invitation]:
    return [Invitation(*row) for row in await session.execute(_INVITATIONS, {"course_id": course_id})]


async def invite(
    session: AsyncSession, course_id: UUID, asked: str, user_id: UUID | None, role: str, by_id: UUID | None
) -> Invitation:
    """Once for each address of a course; the same again may change the role."""
    values = {"course_id": course_id, "asked": asked, "user_id": user_id, "role": role, "by_id": by_id}
    return Invitation(*(await session.execute(_INVITE, {"id": new_id(), **values})).one())


async def uninvite(session: AsyncSession, course_id: UUID, id_: UUID) -> bool:
    return (await session.execute(_UNINVITE, {"course_id": course_id, "id": id_})).one_or_none() is not None


async def asked_of(session: AsyncSession, user_id: UUID) -> list[AskedOf]:
    """What somebody was asked and has not answered, the newest first."""
    return [AskedOf(*row) for row in await session.execute(_ASKED_OF, {"user_id": user_id})]


async def take(session: AsyncSession, id_: UUID, user_id: UUID) -> tuple[UUID, str] | None:
    """The course and the role of an invitation, which is gone now; None where there was none for them."""
    row = (await session.execute(_TAKE, {"id": id_, "user_id": user_id})).one_or_none()
    return None if row is None else (row[0], row[1])


async def join(session: AsyncSession, course_id: UUID, user_id: UUID, role: str) -> None:
    """An owner stays one."""
    await session.execute(_JOIN, {"course_id": course_id, "user_id": user_id, "role": role})
