"""One more answer is right: so is everybody's who gave it, and they get back what it had cost them.

Invariant: nothing is ever taken. An answer that was wrong becomes right where the new revision still asks the same and
takes it; the count of its session, its lesson's best score, hearts and what is remembered follow here, and XP in the
reaction to `AnswerRegraded`. A streak counts days on which something was completed, right or wrong: there is nothing
to give back, and nothing is added to the day of the regrade. A test may be passed by it; a placement, which went on by
what was wrong, stays as it ended.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.learning.events import AnswerAccepted, AnswerRegraded, RegradeDue
from domains.learning.policy.schedule import Rating, Review, Rules, advance
from domains.learning.policy.score import PASSED, best_run, score
from domains.learning.repository import opened
from domains.learning.repository import regrading as repository
from domains.learning.repository import reports as reports_repository
from domains.learning.repository.regrading import Regraded, RightAnswer, WrongAnswer
from domains.learning.service import hearts
from domains.learning.service.completion import announce_if_complete

PAGE = 200
"""Answers looked at in one transaction: less than 100 ms if all of them become right, in which their learners wait."""
_FIRST = UUID(int=0)


async def begin(uow: UnitOfWork, fact: AnswerAccepted) -> None:
    """Closes reports whose answers are right along with the one that was accepted, and regrades the first page."""
    new = await catalog.revision(uow, fact.revision_id)
    waiting = await reports_repository.open_answers(uow.session, fact.exercise_id)
    given = {one.id: (one.revision_id, one.answer) for one in waiting}
    right = await _right(uow, new, fact.exercise_id, given)
    now = utc_now()
    await reports_repository.accept_along(uow.session, right.keys(), fact.revision_id, fact.by, now)
    await _page(uow, fact.report_id, fact.exercise_id, new, _FIRST)


async def go_on(uow: UnitOfWork, fact: RegradeDue) -> None:
    """Regrades the next page."""
    new = await catalog.revision(uow, fact.revision_id)
    await _page(uow, fact.report_id, fact.exercise_id, new, fact.after)


async def _page(uow: UnitOfWork, report_id: UUID, exercise_id: UUID, new: catalog.RevisionContent, after: UUID) -> None:
    wrong = await repository.wrong_answers(uow, exercise_id, after, PAGE)
    grades = await _right(uow, new, exercise_id, {one.session_id: (one.revision_id, one.answer) for one in wrong})
    answers = {one.session_id: one for one in wrong if one.session_id in grades}
    items = {id_: await _items(uow, one, exercise_id) for id_, one in answers.items()}
    right = [RightAnswer(id_, grades[id_].verdict.value, items[id_]) for id_ in answers]
    if right:
        now = utc_now()
        done = await repository.make_right(uow, exercise_id, right, now)
        if lost := Counter(one.user_id for one in done if one.cost):
            await hearts.give_back(uow, lost)
        first = {
            (one.user_id, one.course_id, item): advance(
                None, Review(answers[one.session_id].answered_at, "", item, Rating.GOOD), Rules()
            )
            for one in done
            for item in items[one.session_id]
        }
        await repository.leave_behind(uow, first)
        await repository.count(uow, report_id, len(done))
        verdicts = await repository.verdicts(uow, [one.session_id for one in done if one.completions])
        for one in done:
            await _announce(uow, report_id, exercise_id, one, best_run(verdicts.get(one.session_id, ())))
    if len(wrong) == PAGE:
        last = wrong[-1].session_id
        uow.record(RegradeDue(report_id=report_id, exercise_id=exercise_id, revision_id=new.id, after=last))


async def _right(
    uow: UnitOfWork, new: catalog.RevisionContent, exercise_id: UUID, given: dict[UUID, tuple[UUID, str]]
) -> dict[UUID, catalog.Grade]:
    """By their keys, those of the answers (the revision that asked, JSON) which the new revision takes as right; each
    text is graded once."""
    same = {id_: await _asks_the_same(uow, id_, new, exercise_id) for id_ in {asked for asked, _ in given.values()}}
    texts = {answer for asked, answer in given.values() if same[asked]}
    grades = await asyncio.to_thread(_graded, new, exercise_id, texts) if texts else {}
    return {key: grades[answer] for key, (asked, answer) in given.items() if same[asked] and answer in grades}


async def _asks_the_same(uow: UnitOfWork, revision_id: UUID, new: catalog.RevisionContent, exercise_id: UUID) -> bool:
    try:
        catalog.standing(new, await catalog.revision(uow, revision_id), exercise_id)
    except (catalog.ExerciseGone, catalog.ExerciseChanged):
        return False
    return True


def _graded(new: catalog.RevisionContent, exercise_id: UUID, texts: set[str]) -> dict[str, catalog.Grade]:
    found = {}
    for text in texts:
        try:
            grade = catalog.check(new.exercises[exercise_id], text.encode(), new.lexicon)
        except catalog.AnswerShape:
            continue
        if grade.correct:
            found[text] = grade
    return found


async def _items(uow: UnitOfWork, answer: WrongAnswer, exercise_id: UUID) -> tuple[UUID, ...]:
    """What the answer is a review of: of all that was asked for, as when it is right at once."""
    return (await catalog.revision(uow, answer.revision_id)).exercises[exercise_id].items


async def _announce(uow: UnitOfWork, report_id: UUID, exercise_id: UUID, one: Regraded, run: int) -> None:
    uow.record(
        AnswerRegraded(
            user_id=one.user_id,
            course_id=one.course_id,
            lesson_id=one.lesson_id,
            session_id=one.session_id,
            exercise_id=exercise_id,
            report_id=report_id,
            correct=one.correct,
            total=one.total,
            completions=one.completions,
            best_run=run,
        )
    )
    if one.kind == "test_out" and one.completed and one.unit_id:
        await _pass(uow, one, one.unit_id)


async def _pass(uow: UnitOfWork, one: Regraded, unit_id: UUID) -> None:
    """A test that is passed only now."""
    share = score(one.correct, one.total)
    if not score(one.correct - 1, one.total) < PASSED <= share:
        return
    revision = await catalog.revision(uow, one.revision_id)
    known = [lesson.id for lesson in revision.lessons.values() if lesson.unit_id == unit_id]
    if await opened.skip_lessons(uow.session, one.user_id, one.course_id, known, share):
        await announce_if_complete(uow, one.user_id, one.course_id)


class InWords(NamedTuple):
    """An answer that is right after all, for its learner to read."""

    prompt: str
    answer: str
    reported: bool
    """Whether they had said so."""


async def in_words(uow: UnitOfWork, facts: Sequence[AnswerRegraded]) -> dict[UUID, InWords]:
    """By the ids of the facts; without those whose sessions are gone."""
    keys = [(fact.session_id, fact.exercise_id) for fact in facts]
    found = {(one.session_id, one.exercise_id): one for one in await repository.told(uow, keys)}
    told = {}
    for fact in facts:
        one = found.get((fact.session_id, fact.exercise_id))
        if one is not None:
            exercise = (await catalog.revision(uow, one.revision_id)).exercises[fact.exercise_id]
            told[fact.event_id] = InWords(*catalog.in_words(exercise, one.answer.encode()), one.reported)
    return told
