"""Looks at a session that is about to be complete: what its answers say beside being right or wrong."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from domains.catalog import api as catalog
from domains.kernel.uow import UnitOfWork
from domains.learning import repository
from domains.learning.policy import plausible
from domains.learning.policy.plausible import BY_OUR_CLOCK, Given, Mark
from domains.learning.policy.score import best_run
from domains.learning.repository import LockedSession
from domains.learning.repository import answers as answers_repository
from domains.learning.repository.answers import GivenAnswer
from domains.learning.service.sessions import prompt_seed

_DAY = timedelta(days=1)


class Looked(NamedTuple):
    marks: frozenset[Mark]
    ranked: bool
    out_of_hearts: bool
    best_run: int
    """Right answers in a row."""


async def look_at(uow: UnitOfWork, user_id: UUID, session_id: UUID, session: LockedSession) -> Looked:
    """One round trip; one more for what is odd by our clock."""
    answers = await answers_repository.given_answers(uow, session_id)
    out_of_hearts = (
        not session.unlimited_hearts
        and session.correct < session.total
        and min((answer.hearts for answer in answers[-1:]), default=1) == 0
    )
    run = best_run(answer.correct for answer in answers)
    if len(answers) < plausible.FEWEST:
        return Looked(frozenset(), True, out_of_hearts, run)
    revision = await catalog.revision(uow, session.revision_id)
    found = plausible.marks(session.created_at, _given(session_id, revision, answers))
    odd_today = 0
    if found & BY_OUR_CLOCK:
        since = answers[-1].answered_at - _DAY
        odd_today = await repository.odd_since(uow, user_id, since, sorted(BY_OUR_CLOCK))
    return Looked(found, plausible.is_ranked(found, odd_today), out_of_hearts, run)


def _given(session_id: UUID, revision: catalog.RevisionContent, answers: Sequence[GivenAnswer]) -> list[Given]:
    found = []
    for answer in answers:
        exercise = revision.exercises[answer.exercise_id]
        effort = catalog.effort(exercise, answer.answer.encode(), prompt_seed(session_id, exercise))
        found.append(
            Given(answer.answered_at, answer.elapsed_ms, answer.correct, effort.read, effort.given, effort.place)
        )
    return found
