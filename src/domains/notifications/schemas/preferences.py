"""Wire bodies of preferences."""

from datetime import datetime
from typing import Annotated

import msgspec

from domains.kernel.wire import In, Out
from domains.notifications.policy.kinds import Category, Channel
from domains.notifications.policy.planning import Frequency

ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class ChoiceOut(Out, frozen=True):
    """How a kind comes by a channel now, and what may be chosen; one choice is none."""

    channel: Channel
    frequency: Frequency
    choices: list[Frequency]


class KindOut(Out, frozen=True):
    id: str
    category: Category
    channels: list[ChoiceOut]


class QuietHours(In, frozen=True):
    """In one's own time zone; `until` may be of the next morning. Twice the same time: none at all."""

    start: ClockTime = msgspec.field(name="from")
    until: ClockTime


class Choice(In, frozen=True):
    """`scope`: a kind's id, or `category:<name>`. A kind's own choice wins over its category's; a category at `instant`
    comes as its kinds do by themselves. `daily` and `weekly` are for e-mail."""

    scope: str
    channel: Channel
    frequency: Frequency


class PreferencesOut(Out, frozen=True):
    """`channels` are those that this house has. `choices` is what was chosen; `kinds` what follows from it.
    `quiet_hours` is null where nothing was said: then what rings keeps silent from 22:00 to 08:00."""

    channels: list[Channel]
    kinds: list[KindOut]
    choices: list[Choice]
    time_zone: str
    quiet_hours: QuietHours | None
    digest_hour: int
    paused_until: datetime | None
    marketing_since: datetime | None


class PreferencesIn(In, frozen=True):
    """The whole: what is left out is as if it was never said. `paused_until` holds back what may be switched off."""

    choices: Annotated[list[Choice], msgspec.Meta(max_length=500)] = msgspec.field(default_factory=list)
    quiet_hours: QuietHours | None = None
    digest_hour: Hour = 18
    paused_until: Aware | None = None


class ConsentIn(In, frozen=True):
    """`wording`: the very words that were agreed to, kept as the proof."""

    wording: Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"\S")]


class ConsentOut(Out, frozen=True):
    """`since` is null for those who have not agreed, or not any longer."""

    since: datetime | None
