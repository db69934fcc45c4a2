"""SQL of what learners find wrong with exercises.

Invariant: of one subject at most one report is open, and a learner is counted once in it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.learning.policy.reports import Reason, State

_LOCK_LEARNER = text("SELECT pg_advisory_xact_lock(hashtextextended('learning.report:' || :user_id, 0))")
_LATELY = text("""
    SELECT count(*) AS made, min(reported_at) AS first_at FROM learning_reporter
    WHERE user_id = :user_id AND reported_at > :since
""")
_WORD = text("""
    SELECT count(*) FILTER (WHERE r.state IN ('accepted', 'resolved')) AS right,
           count(*) FILTER (WHERE r.state = 'refused') AS wrong
    FROM (SELECT report_id FROM learning_reporter WHERE user_id = :user_id ORDER BY reported_at DESC LIMIT 100) o
    JOIN learning_report r ON r.id = o.report_id
""")
_ANSWER = text("""
    SELECT answer, correct FROM learning_answer WHERE session_id = :session_id AND exercise_id = :exercise_id
""")

_COLUMNS = """
    r.id, r.course_id, r.exercise_id, r.revision_id, r.reason, r.answer, r.nearness, r.weight, r.reporters, r.rank,
    r.state, r.first_at, r.last_at, r.handled_by, r.handled_at, r.note, r.accepted_in, r.regraded
"""
_MADE = text(f"""
    SELECT {_COLUMNS}, o.text, o.reported_at FROM learning_report r JOIN learning_reporter o ON o.report_id = r.id
    WHERE r.subject = :subject AND o.user_id = :user_id ORDER BY r.id DESC LIMIT 1
""")  # noqa: S608 - only names of columns are put in
_LATEST = text(f"SELECT {_COLUMNS} FROM learning_report r WHERE r.subject = :subject ORDER BY r.id DESC LIMIT 1")  # noqa: S608
_ADD = text("""
    INSERT INTO learning_report
        (id, course_id, exercise_id, revision_id, reason, subject, answer, nearness, weight, reporters, rank, state,
         first_at, last_at)
    VALUES (:id, :course_id, :exercise_id, :revision_id, :reason, :subject, :answer, :nearness, 0, 0, 0, 'open',
            :now, :now)
    ON CONFLICT (subject) WHERE state = 'open' DO NOTHING
""")
_HOLD = text(f"SELECT {_COLUMNS} FROM learning_report r WHERE r.id = :id FOR UPDATE")  # noqa: S608
_ADD_REPORTER = text("""
    INSERT INTO learning_reporter (report_id, user_id, session_id, text, reported_at)
    VALUES (:report_id, :user_id, :session_id, :text, :now) ON CONFLICT DO NOTHING
""")
_WEIGH = text("""
    UPDATE learning_report SET reporters = :reporters, weight = :weight, rank = :rank, nearness = :nearness,
        last_at = :now
    WHERE id = :id
""")
_CLOSE = text("""
    UPDATE learning_report SET state = :state, note = :note, handled_by = :handled_by, handled_at = :now,
        accepted_in = :accepted_in
    WHERE id = :id
""")
_ACCEPT_ALONG = text("""
    UPDATE learning_report SET state = 'accepted', accepted_in = :revision_id, handled_at = :now, handled_by = :by
    WHERE id = ANY(:ids) AND state = 'open'
""")

# What was said in words, the newest first; of a report that many made, some of it is enough.
_WITH_TEXTS = f"""
    SELECT {_COLUMNS}, ARRAY(
        SELECT o.text FROM learning_reporter o WHERE o.report_id = r.id AND o.text <> ''
        ORDER BY o.reported_at DESC LIMIT 5) AS texts
    FROM learning_report r
"""  # noqa: S608
_ONE = text(f"{_WITH_TEXTS} WHERE r.id = :id")
_QUEUE = text(f"""
    {_WITH_TEXTS}
    WHERE r.course_id = :course_id AND r.state = :state AND (CAST(:reason AS text) IS NULL OR r.reason = :reason)
      AND (CAST(:rank AS float8) IS NULL OR (r.rank, r.id) < (:rank, CAST(:id AS uuid)))
    ORDER BY r.rank DESC, r.id DESC LIMIT :most
""")
_MINE = text(f"""
    SELECT {_COLUMNS}, o.text, o.reported_at FROM learning_reporter o JOIN learning_report r ON r.id = o.report_id
    WHERE o.user_id = :user_id
      AND (CAST(:at AS timestamptz) IS NULL OR (o.reported_at, r.id) < (:at, CAST(:id AS uuid)))
    ORDER BY o.reported_at DESC, r.id DESC LIMIT :most
""")  # noqa: S608
_OPEN_ANSWERS = text("""
    SELECT id, revision_id, answer FROM learning_report
    WHERE exercise_id = :exercise_id AND reason = 'accept' AND state = 'open'
""")

# Who reported the same as two is one from now on; that they were counted twice changes no more than an order.
_MOVE = [
    text("""
        UPDATE learning_reporter o SET user_id = :into_id WHERE user_id = :from_id
            AND NOT EXISTS (SELECT FROM learning_reporter WHERE report_id = o.report_id AND user_id = :into_id)
    """),
    text("DELETE FROM learning_reporter WHERE user_id = :from_id"),
]


class ReportRecord(NamedTuple):
    id: UUID
    course_id: UUID
    exercise_id: UUID
    revision_id: UUID
    reason: Reason
    answer: str | None
    nearness: float | None
    weight: float
    reporters: int
    rank: float
    state: State
    first_at: datetime
    last_at: datetime
    handled_by: UUID | None
    handled_at: datetime | None
    note: str
    accepted_in: UUID | None
    regraded: int


class Made(NamedTuple):
    """A report and what one learner said in it."""

    report: ReportRecord
    text: str
    reported_at: datetime


class Queued(NamedTuple):
    report: ReportRecord
    texts: list[str]


class OpenAnswer(NamedTuple):
    id: UUID
    revision_id: UUID
    answer: str


async def lock_learner(session: AsyncSession, user_id: UUID) -> None:
    """One learner's reports are made one after the other."""
    await session.execute(_LOCK_LEARNER, {"user_id": str(user_id)})


async def lately(session: AsyncSession, user_id: UUID, since: datetime) -> tuple[int, datetime | None]:
    """How many the learner has made since then, and when the first of them."""
    row = (await session.execute(_LATELY, {"user_id": user_id, "since": since})).one()
    return row.made, row.first_at


async def word(session: AsyncSession, user_id: UUID) -> tuple[int, int]:
    """Of the learner's last reports, how many were right and how many wrong."""
    row = (await session.execute(_WORD, {"user_id": user_id})).one()
    return row.right, row.wrong


async def answer(session: AsyncSession, session_id: UUID, exercise_id: UUID) -> tuple[str, bool] | None:
    """As JSON, and whether it counts as right."""
    row = (await session.execute(_ANSWER, {"session_id": session_id, "exercise_id": exercise_id})).one_or_none()
    return None if row is None else (row.answer, row.correct)


async def made(session: AsyncSession, subject: UUID, user_id: UUID) -> Made | None:
    """The learner's newest report of the subject."""
    row = (await session.execute(_MADE, {"subject": subject, "user_id": user_id})).one_or_none()
    return None if row is None else Made(_record(row[:-2]), *row[-2:])


async def latest(session: AsyncSession, subject: UUID) -> ReportRecord | None:
    row = (await session.execute(_LATEST, {"subject": subject})).one_or_none()
    return None if row is None else _record(row)


async def add(
    session: AsyncSession,
    report_id: UUID,
    subject: UUID,
    *,
    course_id: UUID,
    exercise_id: UUID,
    revision_id: UUID,
    reason: Reason,
    answer: str | None,
    nearness: float | None,
    now: datetime,
) -> None:
    """Nothing where one of the subject is open."""
    values = {"id": report_id, "subject": subject, "course_id": course_id, "exercise_id": exercise_id, "now": now}
    values |= {"revision_id": revision_id, "reason": reason, "answer": answer, "nearness": nearness}
    await session.execute(_ADD, values)


async def hold(session: AsyncSession, report_id: UUID) -> ReportRecord | None:
    """Nobody else changes it until the commit."""
    row = (await session.execute(_HOLD, {"id": report_id})).one_or_none()
    return None if row is None else _record(row)


async def add_reporter(
    session: AsyncSession, report_id: UUID, user_id: UUID, session_id: UUID, said: str, now: datetime
) -> None:
    values = {"report_id": report_id, "user_id": user_id, "session_id": session_id, "text": said, "now": now}
    await session.execute(_ADD_REPORTER, values)


async def weigh(
    session: AsyncSession,
    report_id: UUID,
    *,
    reporters: int,
    weight: float,
    rank: float,
    nearness: float | None,
    now: datetime,
) -> None:
    values = {"id": report_id, "reporters": reporters, "weight": weight, "rank": rank, "nearness": nearness, "now": now}
    await session.execute(_WEIGH, values)


async def close(
    session: AsyncSession,
    report_id: UUID,
    state: State,
    *,
    note: str,
    handled_by: UUID | None,
    now: datetime,
    accepted_in: UUID | None = None,
) -> None:
    values = {"id": report_id, "state": state, "note": note, "handled_by": handled_by, "now": now}
    await session.execute(_CLOSE, values | {"accepted_in": accepted_in})


async def open_answers(session: AsyncSession, exercise_id: UUID) -> list[OpenAnswer]:
    """Answers to the exercise that are reported and wait."""
    return [OpenAnswer(*row) for row in await session.execute(_OPEN_ANSWERS, {"exercise_id": exercise_id})]


async def accept_along(
    session: AsyncSession, ids: Collection[UUID], revision_id: UUID, by: UUID | None, now: datetime
) -> None:
    """Those of them that are still open."""
    if ids:
        values = {"ids": list(ids), "revision_id": revision_id, "by": by, "now": now}
        await session.execute(_ACCEPT_ALONG, values)


async def queue(
    session: AsyncSession,
    course_id: UUID,
    state: State,
    reason: Reason | None,
    *,
    after: tuple[float, UUID] | None,
    most: int,
) -> list[Queued]:
    """The highest rank first."""
    rank, id_ = after or (None, None)
    values = {"course_id": course_id, "state": state, "reason": reason, "rank": rank, "id": id_, "most": most}
    return [Queued(_record(row[:-1]), list(row[-1])) for row in await session.execute(_QUEUE, values)]


async def one(session: AsyncSession, report_id: UUID) -> Queued:
    row = (await session.execute(_ONE, {"id": report_id})).one()
    return Queued(_record(row[:-1]), list(row[-1]))


async def mine(session: AsyncSession, user_id: UUID, *, after: tuple[datetime, UUID] | None, most: int) -> list[Made]:
    """The newest first."""
    at, id_ = after or (None, None)
    values = {"user_id": user_id, "at": at, "id": id_, "most": most}
    return [Made(_record(row[:-2]), *row[-2:]) for row in await session.execute(_MINE, values)]


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    for statement in _MOVE:
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})


def _record(row: Collection[object]) -> ReportRecord:
    record = ReportRecord(*row)  # type: ignore[arg-type]
    return record._replace(reason=Reason(record.reason), state=State(record.state))
