"""Who may do what: the table, and roles within a course or a class."""

from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.identity import api as identity
from domains.identity.errors import BadField
from domains.identity.policy.fields import Role
from domains.identity.policy.permissions import (
    GRANTS,
    SCOPED,
    SCOPED_ROLES,
    STAFF,
    Permission,
    Scope,
    ScopeKind,
    checked_scoped,
    holds,
)
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import register


def test_every_role_stands_in_the_table_and_only_an_admin_has_everything() -> None:
    assert set(GRANTS) == set(Role)
    assert [role for role in Role if GRANTS[role] == set(Permission)] == [Role.ADMIN]
    assert GRANTS[Role.LEARNER] == {Permission.MEDIA_UPLOAD}


def test_what_only_admins_may_is_named_here() -> None:
    others = set().union(*(GRANTS[role] for role in Role if role is not Role.ADMIN))
    assert set(Permission) - others == {
        Permission.PEOPLE_ROLES,
        Permission.AUDIT_READ,
        Permission.API_KEYS,
        Permission.CATEGORIES_KEEP,
        Permission.COURSES_ALL,
        Permission.ANNOUNCEMENTS_SEND,
        Permission.BILLING_CATALOGUE,
        Permission.BILLING_INBOX,
        Permission.JOBS_RUN,
        Permission.METRICS_READ,
        Permission.FLAGS_SET,
    }


def test_no_role_that_can_be_had_within_a_course_belongs_to_what_rules_the_house() -> None:
    assert set().union(*SCOPED_ROLES.values()).isdisjoint({Role.ADMIN, Role.SUPPORT, Role.LEARNER})
    assert not any(permission.startswith(("people.", "billing.", "audit.")) for permission in SCOPED)
    assert {role for role in Role if Permission.PEOPLE_SEARCH in GRANTS[role]} == STAFF


@given(
    st.sampled_from(Permission), st.sets(st.sampled_from([*Role, "nobody"])), st.sets(st.sampled_from([*Role, "other"]))
)
def test_a_scoped_role_never_gives_more_than_the_same_role_everywhere(
    permission: Permission, roles: set[str], scoped: set[str]
) -> None:
    assert holds(permission, roles) == any(permission in GRANTS[Role(role)] for role in roles - {"nobody"})
    if holds(permission, roles, scoped) and not holds(permission, roles):
        assert permission in SCOPED
        assert holds(permission, scoped)


@pytest.mark.parametrize(
    ("role", "kind"), [("admin", "course"), ("author", "class"), ("king", "course"), ("teacher", "house")]
)
def test_not_every_role_can_be_had_everywhere(role: str, kind: str) -> None:
    with pytest.raises(BadField):
        checked_scoped(role, kind)


async def may(db: Database, user_id: UUID, permission: Permission, scope: Scope | None = None) -> bool:
    async with db.begin() as uow:
        return await identity.may(uow, user_id, permission, scope)


async def test_a_role_within_a_course_counts_for_that_course_alone(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client)
    own, other = Scope(ScopeKind.COURSE, new_id()), Scope(ScopeKind.COURSE, new_id())
    same_id = Scope(ScopeKind.CLASS, own.id)
    await db.fetch("INSERT INTO identity_scoped_role VALUES ($1, 'author', 'course', $2)", ada.id, own.id)
    asked = [await may(db, ada.id, Permission.COURSES_WRITE, each) for each in (own, other, same_id, None)]
    assert asked == [True, False, False, False]
    assert not await may(db, ada.id, Permission.CLASSES_CREATE, own)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'author')", ada.id)
    assert await may(db, ada.id, Permission.COURSES_WRITE, other)


async def test_nobody_and_the_banned_may_nothing(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", ada.id)
    assert await may(db, ada.id, Permission.AUDIT_READ)
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", ada.id)
    assert not await may(db, ada.id, Permission.AUDIT_READ)
    assert not await may(db, new_id(), Permission.AUDIT_READ)
