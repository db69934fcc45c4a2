"""Courses that have to be bought, and hearts that are not lost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.billing import api as billing
from domains.billing.events import CourseAccessGranted
from domains.billing.policy.keys import ALL_COURSES
from domains.billing.service import entitlements
from domains.billing.service.entitlements import Source
from domains.catalog.api import RevisionContent
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, right_answer, small_course
from factories.shop import put_on_sale


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    """On sale."""
    course = await publish(db, small_course())
    await put_on_sale(db, billing.course_key(course.course_id))
    return course


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


def lesson_of(course: RevisionContent) -> UUID:
    return next(iter(course.lessons))


def last_lesson_of(course: RevisionContent) -> UUID:
    """The one that is only read."""
    return list(course.lessons)[-1]


async def give(db: Database, learner: Learner, key: str, source: Source = "purchase") -> UUID:
    source_id = new_id()
    async with db.begin() as uow:
        await entitlements.grant(
            uow,
            user_id=learner.id,
            keys=[key],
            source=source,
            source_id=source_id,
            starts_at=datetime.now(UTC) - timedelta(days=1),
            ends_at=None,
        )
    return source_id


async def take(db: Database, source: Source, source_id: UUID) -> None:
    async with db.begin() as uow:
        await entitlements.end(uow, source, source_id, datetime.now(UTC))


async def attempts(learner: Learner, course: RevisionContent) -> list[int]:
    """What enrolling, beginning a session and viewing a lesson answer."""
    answers = [
        await learner.post(f"/courses/{course.course_id}/enrollments"),
        await learner.post(f"/lessons/{lesson_of(course)}/sessions", {}),
        await learner.post(f"/progress/lessons/{last_lesson_of(course)}"),
    ]
    return [answer.status_code for answer in answers]


async def enrolled(learner: Learner) -> list[str]:
    return [course["course_id"] for course in (await learner.get("/progress")).json()]


async def test_a_gated_course_is_closed_to_who_has_not_bought_it(ada: Learner, course: RevisionContent) -> None:
    assert await attempts(ada, course) == [402, 402, 402]
    assert await enrolled(ada) == []


async def test_a_refusal_says_what_would_open_the_course(db: Database, ada: Learner, course: RevisionContent) -> None:
    plan = await put_on_sale(db, ALL_COURSES, kind="plan", interval="month")
    answer = await ada.post(f"/courses/{course.course_id}/enrollments")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (402, "billing.access_required")
    assert problem["key"] == billing.course_key(course.course_id)
    assert [product["kind"] for product in problem["products"]] == ["course", "plan"]
    assert problem["products"][1]["id"] == str(plan.product_id)


async def test_a_course_that_is_not_there_is_not_for_sale_either(ada: Learner) -> None:
    assert (await ada.post(f"/courses/{new_id()}/enrollments")).status_code == 404


@pytest.mark.parametrize("wide", [False, True])
async def test_who_has_bought_it_learns(db: Database, ada: Learner, course: RevisionContent, wide: bool) -> None:
    await give(db, ada, ALL_COURSES if wide else billing.course_key(course.course_id))
    assert await attempts(ada, course) == [201, 201, 200]


async def test_a_lapsed_subscription_begins_nothing_new_and_ends_what_runs(
    db: Database, ada: Learner, course: RevisionContent
) -> None:
    subscription = await give(db, ada, ALL_COURSES, "subscription")
    session = await ada.begin(lesson_of(course))
    await take(db, "subscription", subscription)
    assert await attempts(ada, course) == [402, 402, 402]
    for exercise in session["exercises"]:
        assert (await ada.answer(session, exercise, right_answer(exercise))).status_code == 200
    assert (await ada.post(f"/sessions/{session['id']}/complete")).status_code == 200


async def test_a_lapsed_subscription_takes_nothing_from_who_has_bought_the_course_too(
    db: Database, ada: Learner, course: RevisionContent
) -> None:
    await give(db, ada, billing.course_key(course.course_id))
    subscription = await give(db, ada, ALL_COURSES, "subscription")
    await take(db, "subscription", subscription)
    assert await attempts(ada, course) == [201, 201, 200]


async def test_a_repeated_begin_gives_the_session_that_was_begun_while_it_was_allowed(
    db: Database, ada: Learner, course: RevisionContent
) -> None:
    source = await give(db, ada, billing.course_key(course.course_id))
    path = f"/lessons/{lesson_of(course)}/sessions"
    first = await ada.post(path, {}, key="k")
    await take(db, "purchase", source)
    assert (await ada.post(path, {}, key="k")).json() == first.json()
    assert (await ada.post(path, {}, key="l")).status_code == 402


async def test_whoever_gets_a_course_is_enrolled_once(
    db: Database, ada: Learner, course: RevisionContent, crank: Any
) -> None:
    for source in ("purchase", "gift"):
        await give(db, ada, billing.course_key(course.course_id), source)
    await give(db, ada, billing.course_key(new_id()))
    await crank.jobs()
    await crank.jobs()
    assert await enrolled(ada) == [str(course.course_id)]
    rows = await db.fetch("SELECT state FROM kernel_delivery WHERE subscription = 'learning.enrol_on_access'")
    assert [row["state"] for row in rows] == ["done"] * 3


async def test_access_to_a_course_that_is_not_there_is_no_failure(db: Database, ada: Learner, crank: Any) -> None:
    async with db.begin() as uow:
        uow.record(
            CourseAccessGranted(user_id=ada.id, course_id=new_id(), source="grant", source_id=new_id(), ends_at=None)
        )
    await crank.jobs()
    rows = await db.fetch("SELECT state FROM kernel_delivery WHERE subscription = 'learning.enrol_on_access'")
    assert [row["state"] for row in rows] == ["done"]


# ---- hearts


async def all_wrong(learner: Learner, session: dict[str, Any]) -> list[int]:
    """Hearts after each wrong answer."""
    return [
        (await learner.answer(session, exercise, right_answer(exercise, wrong=True))).json()["hearts"]
        for exercise in session["exercises"]
    ]


async def test_who_holds_unlimited_hearts_loses_none(db: Database, ada: Learner) -> None:
    course = await publish(db, small_course())
    source = await give(db, ada, billing.UNLIMITED_HEARTS, "subscription")
    first, second, _ = course.lessons
    session = await ada.begin(first)
    assert (session["hearts"], session["unlimited_hearts"]) == (5, True)
    assert await all_wrong(ada, session) == [5, 5, 5, 5]
    shown = (await ada.get(f"/sessions/{session['id']}")).json()
    assert (shown["hearts"], shown["unlimited_hearts"]) == (5, True)
    mine = (await ada.get("/hearts")).json()
    assert (mine["hearts"], mine["unlimited"]) == (5, "entitled")
    await take(db, "subscription", source)
    session = await ada.begin(second)
    assert session["unlimited_hearts"] is False
    assert await all_wrong(ada, session) == [4, 3, 2, 1]


async def test_hearts_are_as_they_were_when_the_session_began(db: Database, ada: Learner) -> None:
    course = await publish(db, small_course())
    first, second, _ = course.lessons
    limited = await ada.begin(first)
    source = await give(db, ada, billing.UNLIMITED_HEARTS, "subscription")
    unlimited = await ada.begin(second)
    await take(db, "subscription", source)
    assert (await all_wrong(ada, limited), await all_wrong(ada, unlimited)) == ([4, 3, 2, 1], [5, 5, 5, 5])


async def test_a_gate_on_hearts_does_not_make_them_unlimited_for_who_has_not_paid(db: Database, ada: Learner) -> None:
    course = await publish(db, small_course())
    assert (await ada.begin(lesson_of(course)))["unlimited_hearts"] is False
    await put_on_sale(db, billing.UNLIMITED_HEARTS, kind="plan", interval="month")
    assert (await ada.begin(lesson_of(course)))["unlimited_hearts"] is False
