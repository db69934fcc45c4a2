"""Facts of profiles."""

from uuid import UUID

from domains.kernel.events import Event


class FriendRequested(Event, frozen=True, kw_only=True, tag="profiles.friend_requested.v1"):
    """Recorded for requests that the other is to hear of."""

    user_id: UUID
    """Who is asked."""
    from_id: UUID


class FriendsMade(Event, frozen=True, kw_only=True, tag="profiles.friends_made.v1"):
    """Recorded where two become friends, whoever asked."""

    user_ids: list[UUID]
    """Of both."""
    asker_id: UUID | None = None
    """Who of them asked first; None where the fact is older than this."""


class PreferencesChanged(Event, frozen=True, kw_only=True, tag="profiles.preferences_changed.v1"):
    """Recorded where somebody changes how leagues show them: whether they take part, whether by name, and which it
    is; also with their name and who may see their profile."""

    user_id: UUID
    leagues: bool
    leagues_hidden: bool


class KudosGiven(Event, frozen=True, kw_only=True, tag="profiles.kudos_given.v1"):
    """Recorded once per person and activity, unless it was taken back in between."""

    user_id: UUID
    """Whose activity it is."""
    from_id: UUID
    activity_id: UUID
    course_id: UUID | None
    lesson_id: UUID | None
