"""What was done without a network: taken by learning, completed and rewarded here as any other session.

Invariant: a process takes one batch of a learner after the other, so that whoever sends many costs no more at a time
than whoever answers.
"""

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary

from domains.gamification.schemas import SessionResultOut, SyncedSessionOut, SyncOut
from domains.gamification.service.rewards import complete_session
from domains.kernel.errors import AppError
from domains.kernel.uow import Database
from domains.learning import api as learning

_turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()


async def sync(db: Database, user_id: UUID, data: learning.SyncIn) -> SyncOut:
    """Takes whatever of a batch has not been taken; the same batch again gets the same report."""
    async with _turns.setdefault(user_id, asyncio.Lock()):
        return await _synced(db, user_id, data)


async def _synced(db: Database, user_id: UUID, data: learning.SyncIn) -> SyncOut:
    done: dict[int, tuple[learning.TakenSession, SessionResultOut | None, learning.ItemProblem | None]] = {}
    async for taken in learning.take_offline(db, user_id, data):
        result, problem = None, taken.problem
        if problem is None and taken.completed_at is not None:
            try:
                async with db.begin() as uow:
                    result = await complete_session(uow, user_id, taken.session_id, taken.completed_at)
            except AppError as error:
                problem = learning.ItemProblem.of(error)
        done[taken.place] = taken, result, problem
    found = await learning.standing_sessions(db, user_id, [session.session_id for session in data.sessions])
    reports = []
    for _, (taken, result, problem) in sorted(done.items()):
        stands = found.get(taken.session_id)
        reports.append(
            SyncedSessionOut(
                session_id=taken.session_id,
                answers=taken.answers,
                answered=stands.answered if stands else 0,
                total=stands.total if stands else 0,
                begun_at=stands.begun_at if stands else None,
                completed_at=stands.completed_at if stands else None,
                result=result,
                problem=problem,
            )
        )
    return SyncOut(reports)
