"""Whether, when and how somebody is told by a channel. Pure: the same question has the same answer when it is planned
and, once more, when it is due.

Invariant: what may not be switched off is neither skipped nor saved for a digest, and what is critical goes at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from domains.notifications.policy import backoff
from domains.notifications.policy.kinds import EMAIL, IN_APP, KINDS, PUSH, Category, Channel, Kind
from domains.notifications.policy.quiet import MONDAY, Quiet, ends_at, next_at, next_day_at

Frequency = Literal["instant", "daily", "weekly", "off"]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

MOST_A_DAY = 5
"""Per channel and local day."""
USUAL_QUIET = Quiet(22 * 60, 8 * 60)
"""For what rings, where somebody has not said anything about quiet hours."""
USUAL_DIGEST_HOUR = 18
_MORNING = 8 * 60
_UNCAPPED: frozenset[Category] = frozenset({"account", "billing"})
_BACKED_OFF: frozenset[Category] = frozenset({"learning", "social", "marketing"})
"""What people run the place for is not held back because something else bores."""


class Wishes(NamedTuple):
    """What somebody has said about being told."""

    zone: str = "UTC"
    chosen: Mapping[tuple[str, Channel], Frequency] = {}
    """By scope, a kind's id or `category:<name>`."""
    quiet: Quiet | None = None
    """None: nothing said."""
    digest_hour: int = USUAL_DIGEST_HOUR
    paused_until: datetime | None = None
    marketing: bool = False
    """Agreed to, with proof."""


class Lately(NamedTuple):
    """What a person was told by a channel."""

    today: int = 0
    """Of what counts for the cap, since the local day began."""
    ignored: int = 0
    last_was_held_back: bool = False


class Decision(NamedTuple):
    state: Literal["waiting", "digest", "skipped"]
    due_at: datetime
    expires_at: datetime
    reason: str = ""


def category_scope(category: Category) -> str:
    return f"category:{category}"


def fixed(kind: Kind, channel: Channel) -> bool:
    """Whether nobody may choose."""
    return not kind.optional and channel in kind.channels


def choices(kind: Kind, channel: Channel) -> tuple[Frequency, ...]:
    """What may be said of a kind on a channel. Digests are mails."""
    if fixed(kind, channel):
        return ("instant",)
    return FREQUENCIES if channel == EMAIL and kind.digestible else ("instant", "off")


def category_choices(channel: Channel) -> tuple[Frequency, ...]:
    return FREQUENCIES if channel == EMAIL else ("instant", "off")


def frequency(kind: Kind, channel: Channel, chosen: Mapping[tuple[str, Channel], Frequency]) -> Frequency:
    """A kind's own word over its category's, and that over the default. A category at `instant` goes where its kinds go
    by themselves: only a kind's own word brings it to a channel that it does not use, or a digest what can wait."""
    usual: Frequency = "instant" if channel in kind.channels else "off"
    if fixed(kind, channel):
        return usual
    own = chosen.get((kind.id, channel))
    if own is not None:
        return own if own in choices(kind, channel) else usual
    said = chosen.get((category_scope(kind.category), channel), usual)
    if said == "off":
        return "off"
    return said if said in {"daily", "weekly"} and said in choices(kind, channel) else usual


def capped(kind: Kind) -> bool:
    return not kind.critical and kind.category not in _UNCAPPED


def owed(kind: Kind) -> bool:
    """Told also to somebody whose account is closed: what became of their money and of the account itself."""
    return not kind.optional and kind.category in _UNCAPPED


def backs_off(kind: Kind) -> bool:
    """Digests were asked for, so they do not."""
    return kind.optional and not kind.critical and kind.category in _BACKED_OFF and kind.id != "digest"


CAPPED = tuple(kind.id for kind in KINDS.values() if capped(kind))
BACKED_OFF = tuple(kind.id for kind in KINDS.values() if backs_off(kind))


def quiet_hours(wishes: Wishes, channel: Channel) -> Quiet | None:
    """One's own hold everything; where nothing was said, only what rings is held at night."""
    if wishes.quiet is not None:
        return wishes.quiet
    return USUAL_QUIET if channel in PUSH else None


def decide(
    kind: Kind,
    channel: Channel,
    wishes: Wishes,
    lately: Lately,
    now: datetime,
    *,
    expires_at: datetime | None = None,
) -> Decision:
    """For a channel other than the inbox. `expires_at`: where it was planned before."""
    expires = expires_at or now + timedelta(seconds=kind.ttl_s)

    def skipped(reason: str) -> Decision:
        return Decision("skipped", now, expires, reason)

    wanted = frequency(kind, channel, wishes.chosen)
    if wanted == "off":
        return skipped("switched off")
    if kind.category == "marketing" and channel != IN_APP and not wishes.marketing:
        return skipped("has not agreed to marketing")
    if wanted in {"daily", "weekly"}:
        due = digest_at(wanted, wishes, now)
        return Decision("digest", due, max(expires, due + timedelta(days=1)), wanted)
    if kind.critical:
        return Decision("waiting", now, expires)
    if backs_off(kind) and backoff.held_back(lately.ignored, last_was_held_back=lately.last_was_held_back):
        return skipped(f"held back: the last {lately.ignored} were ignored")
    due, reason = _allowed_at(kind, channel, wishes, lately, now)
    if due < expires:
        return Decision("waiting", due, expires, reason)
    if kind.optional:
        return skipped(f"{reason}, for longer than it is worth telling")
    return Decision("waiting", now, expires)


def digest_at(often: Frequency, wishes: Wishes, now: datetime) -> datetime:
    """When the next daily or weekly one is due."""
    return next_at(now, wishes.zone, wishes.digest_hour, weekday=MONDAY if often == "weekly" else None)


def _allowed_at(kind: Kind, channel: Channel, wishes: Wishes, lately: Lately, now: datetime) -> tuple[datetime, str]:
    """The first moment at which neither pause nor cap nor quiet hours forbid it, and what put it off."""
    due, reason = now, ""
    if kind.optional and wishes.paused_until is not None and wishes.paused_until > due:
        due, reason = wishes.paused_until, "paused"
    elif capped(kind) and lately.today >= MOST_A_DAY:
        due, reason = next_day_at(now, wishes.zone, _MORNING), f"already {lately.today} today"
    loud = ends_at(quiet_hours(wishes, channel), due, wishes.zone)
    return (loud, reason or "quiet hours") if loud is not None else (due, reason)
