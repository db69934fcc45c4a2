"""Who sees what of whom. Everything that shows a person asks here, or says the same in SQL beside it."""

from enum import StrEnum


class Visibility(StrEnum):
    """Of a profile. Whom somebody has blocked, or was blocked by, sees nothing in any case."""

    PUBLIC = "public"
    """Everybody sees the profile, and may follow."""
    FRIENDS = "friends"
    """Friends see the profile; everybody else name and handle, enough to ask to be friends."""
    PRIVATE = "private"
    """Nobody sees anything, as if the account were not there; friendships wait unseen."""


class View(StrEnum):
    CARD = "card"
    PUBLIC = "public"
    FRIEND = "friend"


def view(visibility: Visibility, *, friends: bool, blocked: bool) -> View | None:
    """What somebody else sees; None: nothing at all. `blocked`: by either of the two."""
    if blocked or visibility is Visibility.PRIVATE:
        return None
    if friends:
        return View.FRIEND
    return View.PUBLIC if visibility is Visibility.PUBLIC else View.CARD
