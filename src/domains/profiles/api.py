"""The front door of profiles: who is friends with whom, who may see whom, and how people want to learn."""

from collections.abc import Collection
from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.profiles.repository import pairs
from domains.profiles.repository import profiles as repository
from domains.profiles.repository.activity import Badge
from domains.profiles.repository.profiles import take_off, wear, worn
from domains.profiles.schemas.own import Preferences
from domains.profiles.service.activity import share, share_achievements
from domains.profiles.service.own import preferences, preferences_of
from domains.profiles.service.people import sees_profile, visible

__all__ = [
    "Badge",
    "Preferences",
    "beginning",
    "friend_counts",
    "friends_of",
    "handles",
    "hidden_in_leagues",
    "id_of_handle",
    "preferences",
    "preferences_of",
    "sees_profile",
    "share",
    "share_achievements",
    "take_off",
    "visible",
    "wear",
    "without_streaks",
    "worn",
]


async def friends_of(db: Database, user_id: UUID) -> set[UUID]:
    """Without those whose profiles are private. Accounts that were closed are among them: `visible` leaves them out."""
    return await pairs.friends_of(db, user_id)


def beginning(*, humane: bool) -> Preferences:
    """What everybody begins with, to be given to the house as a port."""
    return Preferences(hearts=not humane, leagues=not humane, streaks=not humane)


async def friend_counts(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many friends each of them has; people without any are left out."""
    return await pairs.friend_counts(uow, ids) if ids else {}


async def handles(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, str]:
    """Of those who have chosen one, whoever may see them: ask `visible` first. Names are identity's."""
    return await repository.handles(uow.session, ids) if ids else {}


async def hidden_in_leagues(db: Database, ids: Collection[UUID]) -> set[UUID]:
    """Those who take part in leagues without their name: who wants that, and whose profile is private."""
    return await repository.hidden_in_leagues(db, ids) if ids else set()


async def id_of_handle(uow: UnitOfWork, handle: str) -> UUID | None:
    """Whose it is, in lower case; also of who would not be seen, so that it is not to be told."""
    return await repository.owner(uow.session, handle)


async def without_streaks(uow: UnitOfWork, ids: Collection[UUID]) -> set[UUID]:
    """Those who want no pressure to practise every day."""
    return await repository.without_streaks(uow.session, ids) if ids else set()
