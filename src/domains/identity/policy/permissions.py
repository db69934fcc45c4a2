"""Which role may do what: the one table of the house. Pure.

Invariant: what no role is given here, nobody may. A role within a course or a class counts for that one alone, and only
for permissions that have something to do with courses and classes.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domains.identity.errors import BadField
from domains.identity.policy.fields import Role


class Permission(StrEnum):
    PEOPLE_SEARCH = "people.search"
    PEOPLE_BAN = "people.ban"
    PEOPLE_SESSIONS = "people.sessions"
    """See and end the login sessions of somebody."""
    PEOPLE_IMPERSONATE = "people.impersonate"
    """Look through somebody's eyes, without touching anything."""
    PEOPLE_ROLES = "people.roles"
    AUDIT_READ = "audit.read"
    API_KEYS = "api_keys.manage"
    COURSES_WRITE = "courses.write"
    COURSES_PUBLISH = "courses.publish"
    COURSES_ALL = "courses.all"
    """Edit and publish what others own, or nobody."""
    CATEGORIES_KEEP = "categories.keep"
    MEDIA_UPLOAD = "media.upload"
    """Bring files: a picture of oneself, what one hands in."""
    MEDIA_COURSES = "media.courses"
    """Bring files for courses, and fetch them from elsewhere."""
    CLASSES_CREATE = "classes.create"
    CLASSES_TEACH = "classes.teach"
    REPORTS_HANDLE = "reports.handle"
    MAIL_READ = "mail.read"
    CONTACT_ANSWER = "contact.answer"
    ANNOUNCEMENTS_SEND = "announcements.send"
    BILLING_READ = "billing.read"
    BILLING_GRANT = "billing.grant"
    BILLING_REFUND = "billing.refund"
    BILLING_CATALOGUE = "billing.catalogue"
    BILLING_INBOX = "billing.inbox"
    """See what payment providers told us, and have it applied again."""
    JOBS_RUN = "jobs.run"
    """See background jobs, and run again those that failed for good."""
    METRICS_READ = "metrics.read"
    FLAGS_SET = "flags.set"


P = Permission

_TEACHES = frozenset({P.CLASSES_CREATE, P.CLASSES_TEACH})
_BRINGS = frozenset({P.MEDIA_UPLOAD})
_WRITES = frozenset({P.COURSES_WRITE, P.COURSES_PUBLISH, P.MEDIA_COURSES})
_KEEPS_ORDER = frozenset({P.REPORTS_HANDLE, P.PEOPLE_SEARCH, P.PEOPLE_BAN})
_HELPS = frozenset(
    {
        *(P.PEOPLE_SEARCH, P.PEOPLE_SESSIONS, P.PEOPLE_IMPERSONATE, P.MAIL_READ, P.CONTACT_ANSWER),
        *(P.BILLING_READ, P.BILLING_GRANT, P.BILLING_REFUND),
    }
)

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.LEARNER: _BRINGS,
    Role.TEACHER: _TEACHES | _BRINGS,
    Role.AUTHOR: _WRITES | _BRINGS,
    Role.MODERATOR: _KEEPS_ORDER | _BRINGS,
    Role.SUPPORT: _HELPS | _BRINGS,
    Role.ADMIN: frozenset(Permission),
}

STAFF = frozenset({Role.MODERATOR, Role.SUPPORT, Role.ADMIN})
"""Who sees what others may not: only an admin bans them, and nobody looks through their eyes."""


class ScopeKind(StrEnum):
    COURSE = "course"
    CLASS = "class"


class Scope(NamedTuple):
    kind: ScopeKind
    id: UUID


SCOPED_ROLES: dict[ScopeKind, frozenset[Role]] = {
    ScopeKind.COURSE: frozenset({Role.AUTHOR, Role.TEACHER, Role.MODERATOR}),
    ScopeKind.CLASS: frozenset({Role.TEACHER, Role.MODERATOR}),
}
"""Which roles can be given for one course or class."""

SCOPED = frozenset({P.COURSES_WRITE, P.COURSES_PUBLISH, P.MEDIA_COURSES, P.CLASSES_TEACH, P.REPORTS_HANDLE})
"""What such a role can be good for."""


def holds(permission: Permission, roles: Collection[str], scoped_roles: Collection[str] = ()) -> bool:
    """`roles`: those that hold everywhere. `scoped_roles`: those in the course or class that is asked about."""
    counting = {*roles, *scoped_roles} if permission in SCOPED else {*roles}
    return any(permission in GRANTS[role] for role in Role if role in counting)


def is_staff(roles: Collection[str]) -> bool:
    return not STAFF.isdisjoint(roles)


def checked_scoped(role: str, kind: str) -> tuple[Role, ScopeKind]:
    """Raises BadField."""
    try:
        found, where = Role(role), ScopeKind(kind)
    except ValueError:
        raise BadField("scoped", f"{role} within a {kind} does not exist") from None
    if found not in SCOPED_ROLES[where]:
        raise BadField("scoped", f"within a {where} there are the roles {', '.join(sorted(SCOPED_ROLES[where]))}")
    return found, where
