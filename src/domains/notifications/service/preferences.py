"""How somebody wants to be told.

Invariant: a wish holds at once, also for what was planned before it; what may not be switched off is refused, not
ignored; agreeing to marketing and withdrawing it both leave a line of proof."""

from datetime import datetime, timedelta
from uuid import UUID

from domains.identity.api import Principal, checked_text
from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.errors import ChoiceNotOffered, NotificationNotFound
from domains.notifications.policy import planning
from domains.notifications.policy.kinds import CATEGORIES, CHANNELS, EMAIL, KINDS, Channel
from domains.notifications.repository import deliveries
from domains.notifications.repository import wishes as repository
from domains.notifications.schemas.preferences import (
    Choice,
    ChoiceOut,
    ConsentOut,
    KindOut,
    PreferencesIn,
    PreferencesOut,
    QuietHours,
)
from domains.notifications.service import people
from domains.notifications.service.people import Person

LONGEST_PAUSE = timedelta(days=366)
_NOT_CHOSEN = frozenset({"digest"})
"""What follows from other choices."""


async def preferences(uow: UnitOfWork, user_id: UUID) -> PreferencesOut:
    who = await _person(uow, user_id)
    senders = uow.db.port(Senders)
    channels = [channel for channel in CHANNELS if senders.offers(channel)]
    row = await repository.settings_if_any(uow.session, user_id)
    kinds = [
        KindOut(
            kind.id,
            kind.category,
            [
                ChoiceOut(
                    channel,
                    planning.frequency(kind, channel, who.wishes.chosen),
                    list(planning.choices(kind, channel)),
                )
                for channel in channels
            ],
        )
        for kind in KINDS.values()
        if kind.id not in _NOT_CHOSEN
    ]
    chosen = [Choice(scope, channel, often) for (scope, channel), often in sorted(who.wishes.chosen.items())]
    quiet = who.wishes.quiet
    return PreferencesOut(
        channels=channels,
        kinds=kinds,
        choices=chosen,
        time_zone=who.wishes.zone,
        quiet_hours=QuietHours(_clock(quiet.start), _clock(quiet.until)) if quiet is not None else None,
        digest_hour=who.wishes.digest_hour,
        paused_until=who.wishes.paused_until,
        marketing_since=row.marketing_since if row is not None else None,
    )


async def change(uow: UnitOfWork, user_id: UUID, wanted: PreferencesIn, now: datetime) -> PreferencesOut:
    """Raises ChoiceNotOffered; then nothing is changed."""
    rows = {(choice.scope, choice.channel): choice.frequency for choice in wanted.choices}
    for (scope, channel), frequency in rows.items():
        _check(scope, channel, frequency)
    if wanted.paused_until is not None and wanted.paused_until > now + LONGEST_PAUSE:
        raise ChoiceNotOffered(f"a pause lasts at most {LONGEST_PAUSE.days} days", field="paused_until")
    settings = await repository.settings(uow.session, user_id)
    quiet = wanted.quiet_hours
    settings.quiet_from = _minute(quiet.start) if quiet is not None else None
    settings.quiet_until = _minute(quiet.until) if quiet is not None else None
    settings.digest_hour = wanted.digest_hour
    later = wanted.paused_until is not None and wanted.paused_until > now
    settings.paused_until = wanted.paused_until if later else None
    await repository.replace_preferences(
        uow.session, user_id, [(scope, channel, frequency) for (scope, channel), frequency in rows.items()]
    )
    await uow.session.flush()
    # What was planned before is asked once more.
    await deliveries.hasten(uow.session, user_id, now)
    await drop_unwanted(uow, user_id)
    await _move_saved(uow, user_id, now)
    return await preferences(uow, user_id)


async def agree_to_marketing(uow: UnitOfWork, principal: Principal, wording: str, now: datetime) -> ConsentOut:
    """Once: who has agreed keeps the first proof. Raises BadField."""
    words = " ".join(checked_text("wording", wording).split())
    settings = await repository.settings(uow.session, principal.user_id)
    if settings.marketing_since is None:
        settings.marketing_since = now
        said = f"{now.isoformat()} agreed in the settings, session {principal.session_id}, to: {words}"
        settings.marketing_proof = _with_line(settings.marketing_proof, said)
    return ConsentOut(settings.marketing_since)


async def withdraw_from_marketing(uow: UnitOfWork, principal: Principal, now: datetime) -> ConsentOut:
    settings = await repository.settings(uow.session, principal.user_id)
    if settings.marketing_since is not None:
        settings.marketing_since = None
        said = f"{now.isoformat()} withdrawn in the settings, session {principal.session_id}"
        settings.marketing_proof = _with_line(settings.marketing_proof, said)
    return ConsentOut(None)


async def drop_unwanted(uow: UnitOfWork, user_id: UUID) -> None:
    """Takes out of the next digest what was saved for it and is not wanted by mail any more."""
    who = await _person(uow, user_id)
    unwanted = [kind.id for kind in KINDS.values() if planning.frequency(kind, EMAIL, who.wishes.chosen) == "off"]
    await deliveries.drop_saved(uow.session, user_id, unwanted)


async def _move_saved(uow: UnitOfWork, user_id: UUID, now: datetime) -> None:
    """What was saved comes at the hour, and as often, as is wished now."""
    wishes = (await _person(uow, user_id)).wishes
    digests: tuple[planning.Frequency, ...] = ("daily", "weekly")
    for often in digests:
        kinds = [kind.id for kind in KINDS.values() if planning.frequency(kind, EMAIL, wishes.chosen) == often]
        due_at = planning.digest_at(often, wishes, now)
        await deliveries.move_saved(uow.session, user_id, kinds, often, due_at, now)


async def _person(uow: UnitOfWork, user_id: UUID) -> Person:
    who = await people.person(uow, user_id, None)
    if who is None:
        raise NotificationNotFound
    return who


def _check(scope: str, channel: Channel, frequency: planning.Frequency) -> None:
    """Raises ChoiceNotOffered."""
    if scope in KINDS and scope not in _NOT_CHOSEN:
        offered = planning.choices(KINDS[scope], channel)
    elif scope.removeprefix("category:") in CATEGORIES and scope not in CATEGORIES:
        offered = planning.category_choices(channel)
    else:
        raise ChoiceNotOffered("there is no such kind or category", scope=scope)
    if frequency not in offered:
        raise ChoiceNotOffered(
            f"{scope} by {channel} can be {', '.join(offered)}", scope=scope, channel=channel, choices=list(offered)
        )


def _with_line(proof: str, line: str) -> str:
    return f"{proof}\n{line}".strip()


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
