"""What friends see of each other's learning, and kudos for it.

Invariant: one row per happening and one kudos per person and activity. Rows are kept for `ACTIVITY_KEPT`; who sees one
is decided when they look, so what was made private yesterday is not shown today.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.page import Page, page_of
from domains.kernel.uow import UnitOfWork
from domains.profiles.errors import ActivityNotFound, ProfileHidden, Yourself
from domains.profiles.events import KudosGiven
from domains.profiles.policy.limits import ACTIVITY_KEPT
from domains.profiles.policy.privacy import Visibility
from domains.profiles.repository import activity as repository
from domains.profiles.repository import profiles
from domains.profiles.repository.activity import Activity, Badge
from domains.profiles.schemas.activity import ActivityKind, ActivityOut, KudosOut
from domains.profiles.schemas.people import PersonOut
from domains.profiles.service.avatars import avatar_path


async def share(
    uow: UnitOfWork,
    user_id: UUID,
    kind: ActivityKind,
    *,
    cause: str,
    course_id: UUID | None = None,
    lesson_id: UUID | None = None,
    days: int | None = None,
) -> None:
    """For whoever knows that it happened. `cause` names it: it is shared once. One statement, and nothing is written
    where nobody would look."""
    await repository.add(uow, user_id, kind, cause, course_id=course_id, lesson_id=lesson_id, days=days)


async def share_achievements(uow: UnitOfWork, badges: Sequence[Badge]) -> None:
    """`share` of any number of people, each level once."""
    if badges:
        await repository.add_achievements(uow, badges)


async def feed(uow: UnitOfWork, me: UUID, *, after: UUID | None, limit: int) -> Page[ActivityOut]:
    """A page may hold fewer than `limit` though there are more."""
    rows = await repository.feed(uow.session, me, oldest=_oldest(), after=after, most=limit + 1)
    page = page_of(rows, limit, lambda row: row.id)
    people = await identity.people(uow, {row.user_id for row in page.items})
    shown = [_shown(row, people[row.user_id].name) for row in page.items if row.user_id in people]
    return Page(shown, page.next_cursor)


async def cheer(uow: UnitOfWork, me: UUID, activity_id: UUID) -> KudosOut:
    """Again changes nothing. Raises ActivityNotFound, Yourself and ProfileHidden."""
    found = await _seen(uow, me, activity_id)
    if found.user_id == me:
        raise Yourself
    if await profiles.visibility(uow.session, me) is Visibility.PRIVATE:
        raise ProfileHidden
    if not await repository.cheer(uow.session, me, activity_id, utc_now()):
        return KudosOut(activity_id, found.kudos, cheered=True)
    uow.record(
        KudosGiven(
            user_id=found.user_id,
            from_id=me,
            activity_id=activity_id,
            course_id=found.course_id,
            lesson_id=found.lesson_id,
        )
    )
    return KudosOut(activity_id, found.kudos + 1, cheered=True)


async def uncheer(uow: UnitOfWork, me: UUID, activity_id: UUID) -> KudosOut:
    """Raises ActivityNotFound."""
    found = await _seen(uow, me, activity_id)
    taken_back = await repository.uncheer(uow.session, me, activity_id)
    return KudosOut(activity_id, found.kudos - taken_back, cheered=False)


async def _seen(uow: UnitOfWork, me: UUID, activity_id: UUID) -> Activity:
    found = await repository.seen(uow.session, me, activity_id, oldest=_oldest())
    if found is None or not await identity.people(uow, [found.user_id]):
        raise ActivityNotFound
    return found


def _shown(row: Activity, name: str) -> ActivityOut:
    return ActivityOut(
        row.id,
        PersonOut(row.user_id, name, row.handle, avatar_path(row.avatar_sha256)),
        row.kind,  # type: ignore[arg-type]
        row.course_id,
        row.lesson_id,
        row.days,
        row.achievement,
        row.level,
        datetime.fromtimestamp((row.id.int >> 80) / 1000, UTC),
        row.kudos,
        cheered=row.cheered,
    )


def _oldest() -> UUID:
    return id_at(utc_now() - ACTIVITY_KEPT)


def id_at(moment: datetime) -> UUID:
    """Ids made before it are smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
