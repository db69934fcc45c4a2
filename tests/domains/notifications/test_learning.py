"""What learners are told of their account and their learning, each cause once and in their language."""

from typing import Any

import httpx

from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import CourseCompleted
from factories.people import Learner, publish, register, small_course


async def inbox(learner: Learner) -> list[tuple[str, str]]:
    items = (await learner.get("/notifications")).json()["items"]
    return [(item["kind"], item["title"]) for item in items]


async def subjects(db: Database) -> list[str]:
    return [row["subject"] for row in await db.fetch("SELECT subject FROM notifications_local_mail ORDER BY id")]


async def test_a_new_account_is_welcomed_once_by_inbox_and_mail(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    ada = await register(client)
    await crank.jobs()
    await crank.again()
    assert await inbox(ada) == [("welcome", "Welcome to Lyceum")]
    welcome, verify = sorted(await subjects(db), reverse=True)
    assert (welcome, verify[8:]) == ("Welcome to Lyceum, Ada", " is your Lyceum code")


async def test_a_completed_course_is_told_once_with_its_name(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    ada = await register(client)
    # No more than two mails at once are on their way to one person.
    await crank.jobs()
    course_id = (await publish(db, small_course())).course_id
    async with db.begin() as uow:
        for _ in range(2):
            uow.record(CourseCompleted(user_id=ada.id, course_id=course_id))
        uow.record(CourseCompleted(user_id=ada.id, course_id=new_id()))
    await crank.jobs()
    await crank.again()
    told = [item for item in await inbox(ada) if item[0] == "course_completed"]
    assert told == [("course_completed", "You have completed A small course")]
    assert "You did it: A small course is complete" in await subjects(db)


async def test_done_once_more_a_lesson_is_told_once(client: httpx.AsyncClient, db: Database, crank: Any) -> None:
    ada = await register(client)
    await ada.finish(next(iter((await publish(db, small_course())).lessons)))
    await crank.jobs()
    await crank.again()
    assert sorted(kind for kind, _ in await inbox(ada)) == [
        "achievement",
        "league_entered",
        "lesson_completed",
        "welcome",
    ]


async def test_people_are_told_in_their_language(client: httpx.AsyncClient, db: Database, crank: Any) -> None:
    ada = await register(client, locale="de-AT")
    await crank.jobs()
    [(_, title)] = await inbox(ada)
    assert title == "Willkommen bei Lyceum"
