"""SQL of free seats in this week's leagues: a row each, gone once it is taken.

Whoever takes one holds that row only, so that of a rush thirty at a time enter the same cohort; who finds all of them
taken opens the next cohort. Two that are opened at once collide in their number: one opens, the other one joins.
"""

from datetime import date
from uuid import UUID

from domains.gamification.policy.leagues import COHORT_SIZE, COHORTS_TO_AN_OPEN_ONE, MOST_OPEN, NEAR, PACE_WEIGHT
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

# `policy.leagues.distance` and `open_at_once`. Also where no seat is to be had it tells the last number of the
# snapshot in which that was so: whoever opened a cohort since has taken the number after it.
_TAKE = f"""
    WITH cohort AS (
        SELECT coalesce(max(number) FILTER (WHERE week_on = $1::date), 0) AS last, coalesce(max(number), 0) AS most
        FROM (
            (SELECT week_on, number FROM gamification_league WHERE week_on = $1::date AND tier = $2::smallint
                ORDER BY number DESC LIMIT 1)
            UNION ALL
            (SELECT week_on, number FROM gamification_league WHERE week_on = $1::date - 7 AND tier = $2::smallint
                ORDER BY number DESC LIMIT 1)
        ) newest
    ), free AS (
        SELECT league_id, number, {PACE_WEIGHT} * abs(pace - $3::int)
            + least(abs(utc_hours - $4::int) % 24, 24 - abs(utc_hours - $4::int) % 24) AS distance
        FROM gamification_league_seat WHERE week_on = $1::date AND tier = $2::smallint
    ), taken AS (
        DELETE FROM gamification_league_seat WHERE (league_id, number) = (
            SELECT s.league_id, s.number FROM gamification_league_seat s JOIN free f USING (league_id, number)
            WHERE f.distance <= {NEAR} OR (SELECT count(DISTINCT league_id) FROM free)
                >= (SELECT least(1 + most / {COHORTS_TO_AN_OPEN_ONE}, {MOST_OPEN}) FROM cohort)
            ORDER BY f.distance, s.league_id, s.number LIMIT 1 FOR UPDATE OF s SKIP LOCKED
        ) RETURNING league_id
    )
    SELECT (SELECT league_id FROM taken) AS league_id, last FROM cohort
"""  # noqa: S608 - constants of ours

_OPEN = f"""
    WITH league AS (
        INSERT INTO gamification_league (id, week_on, tier, number)
        VALUES ($5::uuid, $1::date, $2::smallint, $6::int)
        ON CONFLICT (week_on, tier, number) DO NOTHING RETURNING id
    ), seats AS (
        INSERT INTO gamification_league_seat (league_id, number, week_on, tier, pace, utc_hours)
        SELECT league.id, number, $1::date, $2::smallint, $3::smallint, $4::smallint
        FROM league CROSS JOIN generate_series(2, {COHORT_SIZE}) AS s (number)
    )
    SELECT id FROM league
"""  # noqa: S608 - a constant of ours


async def take(uow: UnitOfWork, week_on: date, tier: int, pace: int, utc_hours: int) -> UUID:
    """The league in which a seat is now taken, among people as alike as there are.

    Waits for whoever opens a cohort at this moment, and only for them: call it as late as possible.
    """
    wanted = (week_on, tier, pace, utc_hours)
    while True:
        [row] = await uow.fetch(_TAKE, *wanted)
        found: UUID | None = row["league_id"]
        if found is not None:
            return found
        opened = await uow.fetch(_OPEN, *wanted, new_id(), row["last"] + 1)
        if opened:
            return UUID(str(opened[0]["id"]))
