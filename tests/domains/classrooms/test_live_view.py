"""What a teacher sees of a class: a stale snapshot and the facts since make a fresh one."""

import random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.catalog.api import RevisionContent
from domains.classrooms import api as classrooms
from domains.kernel.events import Event
from domains.kernel.uow import Database
from domains.learning import api as learning
from domains.learning.api import SessionProgressOut
from domains.learning.events import AnswerGraded, LessonCompleted, SessionBegun
from factories.classes import call, join, new_class
from factories.people import Learner, publish, right_answer, small_course

Seen = dict[UUID, SessionProgressOut | None]


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


def seen_after(fact: Event) -> tuple[UUID, SessionProgressOut] | None:
    """What a fact says, as a screen would show it."""
    match fact:
        case SessionBegun():
            answered, correct, total = 0, 0, fact.total
        case AnswerGraded():
            answered, correct, total = fact.answered, fact.correct_so_far, fact.total
        case LessonCompleted(session_id=UUID()):
            answered, correct, total = fact.total, fact.correct, fact.total
        case _:
            return None
    assert fact.session_id is not None
    finished = isinstance(fact, LessonCompleted)
    return fact.user_id, SessionProgressOut(
        fact.session_id, fact.course_id, fact.lesson_id, answered, total, correct, finished, fact.occurred_at
    )


def newer(one: SessionProgressOut | None, other: SessionProgressOut) -> SessionProgressOut:
    """The rule that `SessionProgressOut` tells."""
    if one is None:
        return other
    if one.session_id == other.session_id:
        return max(one, other, key=lambda each: (each.answered, each.finished))
    return max(one, other, key=lambda each: each.active_at)


async def snapshot(db: Database, class_id: UUID) -> Seen:
    return {each.user_id: each.session for each in (await classrooms.progress(db, class_id)).learners}


async def learn(person: Learner, sessions: list[dict[str, Any]], what: str, which: int, lessons: list[UUID]) -> None:
    if what == "begin" or not sessions:
        sessions.append(await person.begin(lessons[which % len(lessons)]))
        return
    session = sessions[which % len(sessions)]
    waiting = session["exercises"]
    if waiting:
        exercise = waiting.pop()
        await person.answer(session, exercise, right_answer(exercise, wrong=what == "wrong"))
    else:
        await person.post(f"/sessions/{session['id']}/complete")


steps = st.lists(
    st.tuples(st.sampled_from(["bob", "eve"]), st.sampled_from(["begin", "right", "wrong"]), st.integers(0, 2)),
    max_size=14,
)


@given(steps, st.integers(0, 14), st.integers())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_stale_snapshot_and_the_facts_since_in_any_order_make_a_fresh_one(
    db: Database,
    course: RevisionContent,
    heard: list[Event],
    tess: Learner,
    bob: Learner,
    eve: Learner,
    happened: list[tuple[str, str, int]],
    looked_after: int,
    seed: int,
) -> None:
    pets = await new_class(tess)
    people = {"bob": bob, "eve": eve}
    for person in people.values():
        await join(person, pets)
    lessons = list(course.lessons)[:2]
    begun: dict[str, list[dict[str, Any]]] = {"bob": [], "eve": []}
    seen = await snapshot(db, UUID(pets["id"]))
    heard.clear()
    for place, (name, what, which) in enumerate(happened):
        if place == looked_after:
            seen = await snapshot(db, UUID(pets["id"]))
        await learn(people[name], begun[name], what, which, lessons)
    # A screen also hears of what its snapshot held already, twice, and not in order.
    facts = [*heard, *heard]
    random.Random(seed).shuffle(facts)
    for fact in facts:
        told = seen_after(fact)
        if told is not None:
            seen[told[0]] = newer(seen[told[0]], told[1])
    assert seen == await snapshot(db, UUID(pets["id"]))


async def test_the_live_view_shows_who_learns_and_how_far_they_are(
    course: RevisionContent, tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    for person in (bob, eve):
        await join(person, pets)
    session = await bob.begin(next(iter(course.lessons)))
    first, second, *_ = session["exercises"]
    await bob.answer(session, first, right_answer(first))
    await bob.answer(session, second, right_answer(second, wrong=True))
    shown = (await call(tess, "GET", f"/{pets['id']}/progress")).json()
    assert [(each["name"], each["session"] is None) for each in shown["learners"]] == [("Bob", False), ("Eve", True)]
    progress = shown["learners"][0]["session"]
    assert progress.pop("active_at")
    assert progress == {
        "session_id": session["id"],
        "course_id": str(course.course_id),
        "lesson_id": session["lesson_id"],
        "answered": 2,
        "total": 4,
        "correct": 1,
        "finished": False,
    }


async def test_a_class_of_a_course_shows_sessions_of_that_course_alone(
    db: Database, course: RevisionContent, tess: Learner, bob: Learner
) -> None:
    other = await publish(db, small_course("other"))
    pets = await new_class(tess, course_id=str(course.course_id))
    await join(bob, pets)
    inside = await bob.begin(next(iter(course.lessons)))
    await bob.begin(next(iter(other.lessons)))
    [shown] = (await call(tess, "GET", f"/{pets['id']}/progress")).json()["learners"]
    assert shown["session"]["session_id"] == inside["id"]
    [of_bob] = (await classrooms.classes_of(db, [bob.id])).values()
    assert of_bob == (classrooms.ClassOf(UUID(pets["id"]), course.course_id),)


async def test_who_leaves_is_no_longer_seen(
    course: RevisionContent, tess: Learner, bob: Learner, eve: Learner, pets: dict[str, Any]
) -> None:
    for person in (bob, eve):
        await join(person, pets)
        await person.begin(next(iter(course.lessons)))
    await call(bob, "POST", f"/{pets['id']}/leave")
    await call(tess, "DELETE", f"/{pets['id']}/members/{eve.id}")
    assert (await call(tess, "GET", f"/{pets['id']}/progress")).json()["learners"] == []


async def test_a_live_view_takes_as_few_statements_for_a_large_class_as_for_a_small_one(
    monkeypatch: pytest.MonkeyPatch,
    db: Database,
    course: RevisionContent,
    bob: Learner,
    eve: Learner,
    pets: dict[str, Any],
) -> None:
    asked: list[str] = []
    plain = db.fetch

    async def counted(statement: str, *values: Any) -> Any:
        asked.append(statement)
        return await plain(statement, *values)

    monkeypatch.setattr(db, "fetch", counted)
    counts = []
    for person in (bob, eve):
        await join(person, pets)
        await person.begin(next(iter(course.lessons)))
        asked.clear()
        await classrooms.progress(db, UUID(pets["id"]))
        counts.append(len(asked))
    assert counts == [3, 3]


async def test_of_many_sessions_the_one_that_was_touched_last_is_current(
    db: Database, course: RevisionContent, bob: Learner
) -> None:
    lesson_id = next(iter(course.lessons))
    first = await bob.begin(lesson_id)
    second = await bob.begin(lesson_id)
    assert (await learning.current_sessions(db, [bob.id]))[bob.id].session_id == UUID(second["id"])
    exercise = first["exercises"][0]
    await bob.answer(first, exercise, right_answer(exercise))
    current = (await learning.current_sessions(db, [bob.id]))[bob.id]
    assert (current.session_id, current.answered) == (UUID(first["id"]), 1)
    assert msgspec.json.decode(msgspec.json.encode(SessionProgressOut(*current)))["answered"] == 1
