"""One's own profile over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domains.kernel.wire import In, Out
from domains.profiles.policy.privacy import Visibility

Bio = Annotated[str, msgspec.Meta(max_length=1000)]
GoalXp = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Preferences(Out, frozen=True):
    """`hearts`, `leagues` and `streaks` switched off are humane mode: nothing is lost by mistakes, nobody is ranked,
    nothing is said about days that were missed. `leagues_hidden`: takes part in leagues without a name, under an id
    that is good for one league and leads to nobody."""

    sound: bool = True
    daily_goal_xp: int = 20
    hearts: bool = True
    leagues: bool = True
    streaks: bool = True
    leagues_hidden: bool = False


class PreferencesPatch(In, frozen=True):
    sound: bool | UnsetType = UNSET
    daily_goal_xp: GoalXp | UnsetType = UNSET
    hearts: bool | UnsetType = UNSET
    leagues: bool | UnsetType = UNSET
    streaks: bool | UnsetType = UNSET
    leagues_hidden: bool | UnsetType = UNSET


class OwnProfileOut(Out, frozen=True):
    """`handle` is null before one was chosen; `handle_changeable_at` while it can be changed at once. `avatar` is the
    path of a square picture, 256 pixels wide or less; `wears` holds items of the shop by the slot in which they are
    worn."""

    user_id: UUID
    name: str
    handle: str | None
    handle_changeable_at: datetime | None
    bio: str
    avatar: str | None
    visibility: Visibility
    locale: str
    time_zone: str
    since: datetime
    preferences: Preferences
    wears: dict[str, str]


class ProfilePatch(In, frozen=True):
    """`bio` is at most 500 characters. The time zone can be changed once a day. `avatar_file_id` is of a file of mine
    with the purpose `avatar`; null takes the picture away."""

    name: Annotated[str, msgspec.Meta(max_length=200)] | UnsetType = UNSET
    bio: Bio | UnsetType = UNSET
    avatar_file_id: UUID | UnsetType | None = UNSET
    visibility: Visibility | UnsetType = UNSET
    locale: Annotated[str, msgspec.Meta(max_length=35)] | UnsetType = UNSET
    time_zone: Annotated[str, msgspec.Meta(max_length=100)] | UnsetType = UNSET


class HandleIn(In, frozen=True):
    """3 to 30 of a-z and 0-9, with single _ between them; capitals become small letters."""

    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
