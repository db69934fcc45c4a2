"""Boards as one person sees them.

Invariant: nobody is named whom the viewer may not see, who wants no leagues, or who takes part in them unseen. Where
everybody has a place theirs is shown without a name, so that ranks are those of the ledger; among friends they are left
out.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from domains.classrooms import api as classrooms
from domains.gamification.errors import NoBoard
from domains.gamification.policy.standings import EVERYWHERE, Period, ends_at, starts_on, window, xp_of
from domains.gamification.repository.standings import Place, Places
from domains.gamification.service.boards import Boards
from domains.gamification.standings_schemas import OwnStandingOut, StandingOut, StandingsOut
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.learning import api as learning
from domains.profiles import api as profiles

MOST_IN_CLASS = 1_000


async def of_all(
    uow: UnitOfWork, boards: Boards, me: UUID, period: Period, *, around: bool, limit: int
) -> StandingsOut:
    places = await boards.standings.places(EVERYWHERE, period, me, around=around, most=limit)
    return await _shown(uow, me, period, places)


async def of_course(
    uow: UnitOfWork, boards: Boards, me: UUID, course_id: UUID, period: Period, *, around: bool, limit: int
) -> StandingsOut:
    """By what was earned in the course. Raises NoBoard for who does not learn it."""
    if not await learning.still_enrolled(uow.db, [(me, course_id)]):
        raise NoBoard
    places = await boards.standings.places(course_id, period, me, around=around, most=limit)
    return await _shown(uow, me, period, places)


async def of_friends(
    uow: UnitOfWork, boards: Boards, me: UUID, period: Period, *, around: bool, limit: int
) -> StandingsOut:
    friends = await profiles.friends_of(uow.db, me) | {me}
    seen = await _seen(uow, me, friends)
    found = await boards.standings.places_of(period, seen)
    return await _shown(uow, me, period, _cut(found, me, around=around, limit=limit))


async def of_class(
    uow: UnitOfWork, boards: Boards, me: UUID, classroom_id: UUID, period: Period, *, around: bool, limit: int
) -> StandingsOut:
    """By all that its members earned, wherever. Raises NoBoard for who is not one of them."""
    members = await classrooms.members(uow, classroom_id, after=None, most=MOST_IN_CLASS)
    if me not in members:
        raise NoBoard
    found = await boards.standings.places_of(period, members)
    return await _shown(uow, me, period, _cut(found, me, around=around, limit=limit))


def _cut(found: Sequence[Place], me: UUID, *, around: bool, limit: int) -> Places:
    mine = next((rank for rank, place in enumerate(found, start=1) if place.user_id == me), None)
    above = window(mine, limit) if around else 0
    score = found[mine - 1].score if mine else None
    return Places(len(found), above + 1, list(found[above : above + limit]), mine, score)


async def _shown(uow: UnitOfWork, me: UUID, period: Period, places: Places) -> StandingsOut:
    seen = await _seen(uow, me, [place.user_id for place in places.places])
    names = await identity.names(uow, seen)
    now = utc_now()
    return StandingsOut(
        period=period,
        starts_on=starts_on(period, now),
        ends_at=ends_at(period, now),
        total=places.total,
        me=OwnStandingOut(places.mine, xp_of(places.my_score)) if places.mine and places.my_score is not None else None,
        entries=[
            StandingOut(
                rank=rank,
                user_id=place.user_id if place.user_id in seen else None,
                name=names.get(place.user_id),
                xp=xp_of(place.score),
            )
            for rank, place in enumerate(places.places, start=places.first)
        ],
        you=me,
    )


async def _seen(uow: UnitOfWork, me: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that `me` sees on boards; `me` always."""
    visible = await profiles.visible(uow, me, ids)
    wishes = await profiles.preferences_of(uow, visible)
    return {id_ for id_, wish in wishes.items() if id_ == me or (wish.leagues and not wish.leagues_hidden)}
