"""Choosing a course: previews, what comes before, what is popular, what is recommended; and retired courses."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest

from domains.billing import api as billing
from domains.billing.events import CourseAccessGranted
from domains.catalog.api import RevisionContent
from domains.catalog.content import Course, Material, Section
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning import handlers
from domains.learning.policy.recommending import Learner as Chooser
from domains.learning.policy.recommending import Reason, recommended
from domains.learning.service import choosing
from factories.people import Learner, publish, register, small_course
from factories.shop import put_on_sale

REF = f"sha256:{'a' * 64}"


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


def with_previews(course: Course) -> Course:
    """The first lesson and the one that is only read are open to all; each lesson has a text and a file."""
    unit = course.sections[0].units[0]
    last = len(unit.lessons) - 1
    lessons = tuple(
        msgspec.structs.replace(
            lesson, preview=place in {0, last}, text=f"Text {place}", materials=(Material("Sheet", REF),)
        )
        for place, lesson in enumerate(unit.lessons)
    )
    section = Section("s", "Start", (msgspec.structs.replace(unit, lessons=lessons),))
    return msgspec.structs.replace(course, sections=(section,))


async def publish_as(db: Database, slug: str, **fields: Any) -> RevisionContent:
    return await publish(db, msgspec.structs.replace(small_course(slug), **fields))


async def retire(db: Database, course_id: UUID) -> None:
    await db.fetch("UPDATE catalog_course SET retired_at = now() WHERE id = $1", course_id)


async def complete(db: Database, learner: Learner, course: RevisionContent) -> None:
    assert (await learner.post(f"/courses/{course.course_id}/enrollments")).status_code == 201
    await db.fetch(
        "UPDATE learning_enrollment SET completed_at = now() WHERE user_id = $1 AND course_id = $2",
        learner.id,
        course.course_id,
    )


# ---- previews


async def test_a_preview_is_read_and_learned_by_who_has_not_bought_the_course(db: Database, ada: Learner) -> None:
    course = await publish(db, with_previews(small_course()))
    await put_on_sale(db, billing.course_key(course.course_id))
    first, second, read = course.lessons
    page = (await ada.get(f"/lessons/{first}")).json()
    assert (page["text"], page["preview"], page["exercises"]) == ("Text 0", True, 4)
    assert page["materials"] == [{"title": "Sheet", "url": page["materials"][0]["url"]}]
    assert "a" * 64 in page["materials"][0]["url"]
    session = await ada.begin(first)
    assert (await ada.begin(first))["id"] == session["id"]
    done = await ada.finish(first)
    assert done["lesson_completed"]
    assert done["xp_earned"] > 0
    assert (await ada.post(f"/progress/lessons/{read}")).status_code == 200
    # Nothing else is open, and nobody is enrolled by having a look.
    assert [(await ada.get(f"/lessons/{second}")).status_code, (await ada.get(f"/lessons/{new_id()}")).status_code] == [
        402,
        404,
    ]
    assert (await ada.post(f"/lessons/{second}/sessions", {})).status_code == 402
    assert (await ada.post(f"/courses/{course.course_id}/sessions", {"kind": "practice"})).status_code == 402
    assert (await ada.get("/progress")).json() == []
    # What was done in previews counts once the course was bought.
    await db.fetch("DELETE FROM billing_gate")
    await ada.post(f"/courses/{course.course_id}/enrollments")
    assert (await ada.get("/progress")).json()[0]["lessons_completed"] == 2


async def test_a_preview_asks_nothing_of_lessons_that_were_open_before(db: Database, ada: Learner) -> None:
    course = await publish(db, with_previews(small_course()))
    first, second, _ = course.lessons
    await ada.finish(second, wrong=2)
    await put_on_sale(db, billing.course_key(course.course_id))
    asked = {exercise["id"] for exercise in (await ada.begin(first))["exercises"]}
    assert asked <= {str(exercise.id) for exercise in course.lessons[first].exercises}


async def test_a_free_course_opens_all_its_texts(db: Database, ada: Learner, client: httpx.AsyncClient) -> None:
    course = await publish(db, with_previews(small_course()))
    texts = [(await ada.get(f"/lessons/{id_}")).json()["text"] for id_ in course.lessons]
    assert texts == ["Text 0", "Text 1", "Text 2"]
    assert (await client.get(f"/api/v1/lessons/{next(iter(course.lessons))}")).status_code == 401
    assert "Text" not in (await client.get(f"/api/v1/courses/{course.course_id}")).text


# ---- retired courses, and what comes before


async def test_a_retired_course_takes_nobody_new_and_goes_on_for_who_has_begun(
    db: Database, ada: Learner, client: httpx.AsyncClient
) -> None:
    course = await publish(db, small_course())
    first, second, _ = course.lessons
    await ada.finish(first)
    await retire(db, course.course_id)
    bea = await register(client)
    refused = await bea.post(f"/courses/{course.course_id}/enrollments")
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog.course_retired")
    assert (await bea.post(f"/lessons/{first}/sessions", {})).status_code == 409
    assert (await bea.get("/progress")).json() == []
    assert (await ada.finish(second))["lesson_completed"]
    assert (await ada.post(f"/courses/{course.course_id}/enrollments")).status_code == 201
    assert (await ada.get("/progress")).json()[0]["lessons_completed"] == 2
    tree = (await client.get(f"/api/v1/courses/{course.course_id}")).json()
    assert tree["retired"]
    # Whoever has paid for it gets it all the same.
    async with db.begin() as uow:
        fact = CourseAccessGranted(
            user_id=bea.id, course_id=course.course_id, source="gift", source_id=new_id(), ends_at=None
        )
        await handlers.enrol_on_access(uow, fact)
    assert len((await bea.get("/progress")).json()) == 1


async def test_what_should_be_learned_before_is_a_warning_and_no_wall(db: Database, ada: Learner) -> None:
    basics = await publish_as(db, "basics", title="Basics")
    later = await publish_as(db, "later", prerequisites=("basics", "never-published"))
    wanted = [{"course_id": str(basics.course_id), "slug": "basics", "title": "Basics"}]
    shown = (await ada.get(f"/progress/courses/{later.course_id}")).json()
    assert shown["missing_prerequisites"] == wanted
    answer = await ada.post(f"/courses/{later.course_id}/enrollments")
    assert (answer.status_code, answer.json()["missing"]) == (201, wanted)
    await complete(db, ada, basics)
    assert (await ada.post(f"/courses/{later.course_id}/enrollments")).json()["missing"] == []


# ---- popular and recommended


async def test_popularity_is_counted_from_enrolments_of_the_last_days(db: Database, client: httpx.AsyncClient) -> None:
    old, new = await publish_as(db, "old"), await publish_as(db, "new")
    people = [await register(client, f"P{n}") for n in range(3)]
    for person in people:
        await person.post(f"/courses/{old.course_id}/enrollments")
    await db.fetch("UPDATE learning_enrollment SET enrolled_at = now() - interval '31 days'")
    await complete(db, people[0], new)
    before = (await client.get("/api/v1/courses", params={"sort": "popular"})).json()["items"]
    assert [course["popularity"] for course in before] == [None, None]
    for _ in range(2):
        await choosing.count_popularity(db)
    items = (await client.get("/api/v1/courses", params={"sort": "popular"})).json()["items"]
    assert [course["slug"] for course in items] == ["new", "old"]
    assert [
        (course["popularity"]["learners"], course["popularity"]["completions"], course["popularity"]["days"])
        for course in items
    ] == [(1, 1, 30), (0, 0, 30)]
    assert datetime.now(UTC) - datetime.fromisoformat(items[0]["popularity"]["counted_at"]) < timedelta(minutes=1)


async def test_recommendations_come_with_their_reasons_and_leave_out_what_does_not_fit(
    db: Database, ada: Learner, client: httpx.AsyncClient
) -> None:
    basics = await publish_as(db, "basics", level="A1")
    await publish_as(db, "next", level="A2", prerequisites=("basics",))
    await publish_as(db, "far", level="C1", prerequisites=("next",))
    await publish_as(db, "french", target_language="fr")
    gone = await publish_as(db, "gone", level="A2")
    await retire(db, gone.course_id)
    music = await publish_as(db, "music", source_language="de", target_language="de")
    await complete(db, ada, basics)
    for number in range(3):
        other = await register(client, f"P{number}")
        for course in (basics, music):
            await other.post(f"/courses/{course.course_id}/enrollments")
    await choosing.count_popularity(db)
    items = (await ada.get("/courses/recommended")).json()["items"]
    assert [item["course"]["slug"] for item in items] == ["next", "music"]
    assert [reason["kind"] for reason in items[0]["reasons"]] == ["builds_on", "same_languages", "next_level"]
    assert items[0]["reasons"][0]["courses"] == ["basics"]
    fellows, popular = items[1]["reasons"]
    assert (fellows["kind"], fellows["learners"], fellows["of"]) == ("fellow_learners", 3, 3)
    assert (popular["kind"], popular["learners"], popular["days"]) == ("popular", 3, 30)
    newcomer = await register(client, locale="de-AT")
    items = (await newcomer.get("/courses/recommended?limit=1")).json()["items"]
    assert [item["course"]["slug"] for item in items] == ["music"]
    assert [reason["kind"] for reason in items[0]["reasons"]] == ["popular", "your_language"]


class Choice(NamedTuple):
    slug: str
    level: str = ""
    source_language: str = "en"
    target_language: str = "es"
    prerequisites: tuple[str, ...] = ()
    new_learners: int = 0

    @property
    def id(self) -> UUID:
        return UUID(bytes=self.slug.encode().ljust(16))


@pytest.mark.parametrize(
    ("mine", "done", "choices", "wanted"),
    [
        ([Choice("a", "A2")], {"a"}, [Choice("c", "B2"), Choice("b", "B1"), Choice("d", "A1")], ["b", "c", "d"]),
        ([Choice("a", "A2")], set(), [Choice("b", "B1"), Choice("c", "A2")], ["c", "b"]),
        ([Choice("a")], {"a"}, [Choice("b", prerequisites=("x",)), Choice("c", prerequisites=("gone",))], ["c"]),
        ([], set(), [Choice("b", source_language="fr"), Choice("c", source_language="en-GB")], ["c"]),
        ([Choice("a")], {"a"}, [Choice("b", target_language="fr", new_learners=2)], []),
        ([Choice("a")], {"a"}, [Choice("b", target_language="fr", new_learners=3)], ["b"]),
    ],
    ids=["the next level", "the level begun", "prerequisites", "a newcomer", "too few", "enough"],
)
def test_what_fits_best_comes_first(
    mine: list[Choice], done: set[str], choices: list[Choice], wanted: list[str]
) -> None:
    found = recommended(choices, Chooser(mine, done, "en"), {}, {"x"}, 10)
    assert [each.course.slug for each in found] == wanted
    assert all(each.reasons for each in found)


def test_few_people_are_no_reason() -> None:
    choice = Choice("b", target_language="fr")
    learner = Chooser([Choice("a")], (), "en")
    assert recommended([choice], learner, {choice.id: (2, 2)}, (), 1) == []
    [found] = recommended([choice], learner, {choice.id: (3, 9)}, (), 1)
    assert found.reasons == [Reason("fellow_learners", 3, 9)]
