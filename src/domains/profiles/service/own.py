"""One's own profile: what is told, to whom, and how one wants to learn.

Name, locale and time zone are identity's; they are changed here through its front door, in the same transaction.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs

from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.profiles.errors import HandleTaken, HandleTooSoon, PersonNotFound
from domains.profiles.events import PreferencesChanged
from domains.profiles.policy.fields import checked_lines
from domains.profiles.policy.handles import KEPT, changeable_at, checked_handle
from domains.profiles.repository import profiles as repository
from domains.profiles.repository.profiles import Profile
from domains.profiles.schemas.own import OwnProfileOut, Preferences, PreferencesPatch, ProfilePatch
from domains.profiles.service.avatars import avatar_path, taken_avatar


async def own_profile(uow: UnitOfWork, user_id: UUID) -> OwnProfileOut:
    profile = await _own(uow, user_id)
    details = await identity.details(uow, user_id)
    if details is None:
        raise PersonNotFound
    free_at = changeable_at(profile.handle_changed_at)
    return OwnProfileOut(
        user_id,
        details.name,
        profile.handle,
        free_at if free_at and free_at > utc_now() else None,
        profile.bio,
        avatar_path(profile.avatar_sha256),
        profile.visibility,
        details.locale,
        details.time_zone,
        details.since,
        _preferences(profile),
        profile.wears,
    )


async def change_profile(uow: UnitOfWork, user_id: UUID, data: ProfilePatch) -> None:
    """Raises BadProfileField and what `identity.describe` does."""
    own: dict[str, Any] = {}
    if data.bio is not UNSET:
        own["bio"] = checked_lines("bio", data.bio)
    if data.visibility is not UNSET:
        own["visibility"] = data.visibility
    if data.avatar_file_id is not UNSET:
        own["avatar_sha256"] = await taken_avatar(uow, user_id, data.avatar_file_id)
    if own:
        # Held, because what happens between people looks at the visibility under the same lock.
        await _own(uow, user_id, hold=True)
        await repository.change(uow.session, user_id, own)
    await identity.describe(
        uow,
        user_id,
        name=None if data.name is UNSET else data.name,
        locale=None if data.locale is UNSET else data.locale,
        time_zone=None if data.time_zone is UNSET else data.time_zone,
    )
    if data.name is not UNSET or data.visibility is not UNSET:
        await _announce(uow, user_id)


async def set_handle(uow: UnitOfWork, user_id: UUID, value: str) -> None:
    """Quiet where it is theirs already. Raises BadProfileField, HandleReserved, HandleTooSoon and HandleTaken."""
    handle = checked_handle(value)
    profile, now = await _own(uow, user_id, hold=True), utc_now()
    if handle == profile.handle:
        return
    free_at = changeable_at(profile.handle_changed_at)
    if free_at and free_at > now:
        raise HandleTooSoon(changeable_at=free_at)
    await repository.leave_handle(uow.session, user_id, now + KEPT)
    if not await repository.take_handle(uow.session, user_id, handle, now):
        raise HandleTaken
    await repository.change(uow.session, user_id, {"handle_changed_at": now})


async def preferences(uow: UnitOfWork, user_id: UUID) -> Preferences:
    """How somebody wants to learn; what everybody begins with for nobody."""
    profile = await repository.own(uow.session, user_id)
    return _preferences(profile) if profile else Preferences()


async def preferences_of(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Preferences]:
    """Of many in one query; ids of nobody are left out."""
    found = await repository.many(uow.session, ids) if ids else []
    return {profile.user_id: _preferences(profile) for profile in found}


async def change_preferences(uow: UnitOfWork, user_id: UUID, data: PreferencesPatch) -> None:
    columns = {name: value for name, value in structs.asdict(data).items() if value is not UNSET}
    if not columns:
        return
    await repository.change(uow.session, user_id, columns)
    if columns.keys() & {"leagues", "leagues_hidden"}:
        await _announce(uow, user_id)


async def _announce(uow: UnitOfWork, user_id: UUID) -> None:
    now = await preferences(uow, user_id)
    uow.record(PreferencesChanged(user_id=user_id, leagues=now.leagues, leagues_hidden=now.leagues_hidden))


async def _own(uow: UnitOfWork, user_id: UUID, *, hold: bool = False) -> Profile:
    found = await repository.own(uow.session, user_id, hold=hold)
    if found is None:
        raise PersonNotFound
    return found


def _preferences(profile: Profile) -> Preferences:
    return Preferences(
        profile.sound,
        profile.daily_goal_xp,
        profile.hearts,
        profile.leagues,
        profile.streaks,
        profile.leagues_hidden,
    )
