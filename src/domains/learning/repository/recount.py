"""SQL that counts anew, from the log, what is counted along with it: counters of sessions, activity, lessons done.

Invariant: the truth is in the answers, the reviews of cards, the moments at which sessions were completed and those at
which lessons were read. Each statement reads all of it as it was at one moment, and mends by adding the difference: so
what is counted meanwhile is neither lost nor counted twice.

That a lesson was skipped is not in the log but in its row, which stands as long as there is a test that can have done
it.
"""

from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.activity import IDLE_MS
from domains.learning.policy.kinds import TESTS
from domains.learning.repository import activity

_BEFORE = """greatest(s.created_at, max(a.answered_at) OVER (
                   PARTITION BY s.id ORDER BY a.answered ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))"""

_COUNTED = f"""
    WITH taken AS (
        SELECT s.id, s.course_id, a.answered_at AS at, a.correct,
               {activity.milliseconds_between(_BEFORE, "a.answered_at")} AS spent_ms
        FROM learning_session s JOIN learning_answer a ON a.session_id = s.id WHERE s.user_id = $1
    ), mine AS (
        SELECT s.id, s.course_id, s.lesson_id, s.completed_at, s.kind IN ({", ".join(f"'{kind}'" for kind in TESTS)})
               AS is_test, coalesce(t.answered, 0) AS answered, coalesce(t.correct, 0) AS correct,
               coalesce(t.spent_ms, 0) AS spent_ms,
               coalesce(coalesce(t.correct, 0)::float8 / nullif(cardinality(s.exercise_ids), 0), 1) AS score
        FROM learning_session s LEFT JOIN (
            SELECT id, count(*) AS answered, count(*) FILTER (WHERE correct) AS correct, sum(spent_ms) AS spent_ms
            FROM taken GROUP BY 1
        ) t USING (id) WHERE s.user_id = $1
    ), sessions AS (
        SELECT id, n.answered - s.answered AS answered, n.correct - s.correct AS correct,
               n.spent_ms - s.spent_ms AS spent_ms
        FROM mine n JOIN learning_session s USING (id)
        WHERE (n.answered, n.correct, n.spent_ms) <> (s.answered, s.correct, s.spent_ms)
    ), tests AS (
        SELECT course_id, score FROM mine WHERE is_test AND completed_at IS NOT NULL
    ), lessons AS (
        SELECT lesson_id, coalesce(p.course_id, n.course_id) AS course_id, p.user_id IS NULL AS missing,
               coalesce(p.completions, 0) AS seen, p.best_score AS seen_best,
               coalesce(n.times, 0) + (p.viewed_at IS NOT NULL)::int AS times,
               coalesce(greatest(n.best, CASE WHEN p.viewed_at IS NOT NULL THEN 1 END,
                   CASE WHEN (p.course_id, p.best_score) IN (SELECT course_id, score FROM tests) THEN p.best_score END),
                   p.best_score) AS best,
               least(p.first_completed_at, n.first_at) AS first_at, p.first_completed_at > n.first_at AS earlier,
               greatest(p.last_completed_at, n.last_at) AS last_at, p.last_completed_at < n.last_at AS later
        FROM (
            SELECT lesson_id, course_id, count(*) AS times, max(score) AS best, min(completed_at) AS first_at,
                   max(completed_at) AS last_at
            FROM mine WHERE lesson_id IS NOT NULL AND completed_at IS NOT NULL GROUP BY 1, 2
        ) n FULL JOIN (SELECT * FROM learning_lesson_progress WHERE user_id = $1) p USING (lesson_id)
    ), differing AS (
        SELECT *, times = 0 AND course_id NOT IN (SELECT course_id FROM tests) AS unearned FROM lessons
        WHERE missing OR times <> seen OR best <> seen_best OR earlier OR later
           OR times = 0 AND course_id NOT IN (SELECT course_id FROM tests)
    ), done AS (
        SELECT course_id, at, 'answer' AS kind, spent_ms FROM taken
        UNION ALL
        SELECT course_id, reviewed_at, 'review', least(elapsed_ms, {IDLE_MS}) FROM learning_review WHERE user_id = $1
        UNION ALL
        SELECT course_id, completed_at, CASE WHEN lesson_id IS NULL THEN 'practice' ELSE 'lesson' END, 0
        FROM mine WHERE completed_at IS NOT NULL
        UNION ALL
        SELECT course_id, viewed_at, 'lesson', 0 FROM learning_lesson_progress
        WHERE user_id = $1 AND viewed_at IS NOT NULL
    ), quarters AS (
        SELECT quarter, course_id, kind, coalesce(n.times, 0) - coalesce(y.times, 0) AS times,
               coalesce(n.spent_ms, 0) - coalesce(y.spent_ms, 0) AS spent_ms
        FROM (
            SELECT {activity.quarter_of("at")} AS quarter, course_id, kind, count(*) AS times, sum(spent_ms) AS spent_ms
            FROM done GROUP BY 1, 2, 3
        ) n FULL JOIN (SELECT * FROM learning_activity WHERE user_id = $1) y USING (quarter, course_id, kind)
        WHERE (coalesce(n.times, 0), coalesce(n.spent_ms, 0)) <> (coalesce(y.times, 0), coalesce(y.spent_ms, 0))
    )
"""  # noqa: S608 - only parts of our own statements are put in

_DIFFERENCES = f"""{_COUNTED}
    SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM sessions), (SELECT count(*) FROM differing),
           (SELECT count(*) FROM quarters)
"""  # noqa: S608

_MEND_SESSIONS = f"""{_COUNTED}
    UPDATE learning_session s SET answered = s.answered + d.answered, correct = s.correct + d.correct,
        spent_ms = s.spent_ms + d.spent_ms
    FROM sessions d WHERE s.id = d.id
"""  # noqa: S608

_MEND_LESSONS = f"""{_COUNTED}, removed AS (
        DELETE FROM learning_lesson_progress p USING differing d
        WHERE p.user_id = $1 AND p.lesson_id = d.lesson_id AND d.unearned AND p.completions = d.seen
    ), changed AS (
        UPDATE learning_lesson_progress p SET completions = p.completions + d.times - d.seen,
            best_score = CASE WHEN p.best_score = d.seen_best THEN d.best ELSE greatest(p.best_score, d.best) END,
            first_completed_at = least(p.first_completed_at, d.first_at),
            last_completed_at = greatest(p.last_completed_at, d.last_at)
        FROM differing d WHERE p.user_id = $1 AND p.lesson_id = d.lesson_id AND NOT d.unearned
    )
    INSERT INTO learning_lesson_progress AS p
        (user_id, lesson_id, course_id, completions, best_score, first_completed_at, last_completed_at)
    SELECT $1, lesson_id, course_id, times, best, first_at, last_at FROM differing WHERE missing
    ON CONFLICT (user_id, lesson_id) DO UPDATE SET completions = p.completions + excluded.completions,
        best_score = greatest(p.best_score, excluded.best_score),
        first_completed_at = least(p.first_completed_at, excluded.first_completed_at),
        last_completed_at = greatest(p.last_completed_at, excluded.last_completed_at)
"""  # noqa: S608

_MEND_QUARTERS = f"""{_COUNTED}
    INSERT INTO learning_activity AS y (user_id, quarter, course_id, kind, times, spent_ms)
    SELECT $1, quarter, course_id, kind, times, spent_ms FROM quarters ORDER BY 1, 2, 3, 4
    {activity.ADD}
"""  # noqa: S608

_FORGET_NOTHINGS = "DELETE FROM learning_activity WHERE user_id = $1 AND times = 0"

_SOME = """(SELECT DISTINCT user_id FROM {} WHERE user_id > $1 ORDER BY user_id LIMIT $2)"""
_LEARNERS = f"""
    {_SOME.format("learning_enrollment")} UNION {_SOME.format("learning_review")}
    UNION {_SOME.format("learning_activity")} ORDER BY user_id LIMIT $2
"""


class Differences(NamedTuple):
    """Of one learner: how many sessions, lessons and quarters of an hour are not what the log of `answers` says."""

    answers: int
    sessions: int
    lessons: int
    quarters: int


async def differences(source: Database | UnitOfWork, user_id: UUID) -> Differences:
    [row] = await source.fetch(_DIFFERENCES, user_id)
    return Differences(*row)


async def mend(source: Database | UnitOfWork, user_id: UUID) -> None:
    # One after the other, so that nothing that an answer needs is held while something else of it is waited for.
    for statement in (_MEND_SESSIONS, _MEND_LESSONS, _MEND_QUARTERS, _FORGET_NOTHINGS):
        await source.fetch(statement, user_id)


async def learners(db: Database, after: UUID, most: int) -> list[UUID]:
    """Who may have something to count, in their order."""
    return [row["user_id"] for row in await db.fetch(_LEARNERS, after, most)]
