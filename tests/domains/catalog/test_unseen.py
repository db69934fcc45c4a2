"""Nothing is published, approved or thrown away that nobody has seen, and one course's trouble is no other's."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.catalog import api, packing
from domains.catalog.service import courses as courses_service
from domains.catalog.service import drafts, publishing
from domains.kernel.clock import utc_now
from domains.kernel.errors import Unavailable
from domains.kernel.uow import Database, UnitOfWork
from domains.media import api as media
from factories.authors import began, done, lesson_of, owned, person, send, whole_course
from factories.people import Learner, small_course


def soon() -> dict[str, str]:
    return {"at": (utc_now() + timedelta(hours=1)).isoformat()}


async def titled(who: Learner, path: str, title: str) -> None:
    await done(who, "PATCH", path, {"title": title}, seen="*")


async def test_what_changes_learners_courses_needs_the_version_that_was_seen(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    path = f"/courses/{content.course_id}"
    await titled(ada, path, "Better")
    back = {"number": 1, "reset_draft": True}
    for step, body in (("approve", {}), ("publish", {}), ("schedule", soon()), ("rollback", back)):
        for seen, code in ((None, "catalog.version_needed"), ('"1"', "catalog.version_stale")):
            answer = await send(ada, "POST", f"{path}/{step}", body, seen=seen)
            if (step, seen) != ("approve", '"1"'):  # nobody has asked for a review
                assert answer.json()["code"] == code, (step, seen)
    assert (await done(ada, "GET", path))["course"]["title"] == "Better", "nothing was thrown away"
    tree = await done(ada, "GET", f"{path}/workflow")
    await done(ada, "POST", f"{path}/rollback", back, seen=tree["etag"])
    assert (await done(ada, "GET", path))["course"]["title"] == "A small course"


async def test_a_course_that_cannot_be_published_holds_up_no_other(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client, db, "Ada")
    courses = [await began(ada, title=title) for title in ("One", "Two", "Three")]
    for course in courses:
        await lesson_of(ada, course)
        await done(ada, "POST", f"/courses/{course}/schedule", soon(), seen="*")
        await db.fetch(
            "UPDATE catalog_draft SET publish_at = now() - interval '1 s' WHERE course_id = $1", UUID(course)
        )
    really = courses_service.publish_draft
    broken: dict[UUID, Exception] = {UUID(courses[0]): RuntimeError("a fault of ours"), UUID(courses[1]): Unavailable()}

    async def fails_for_some(uow: UnitOfWork, course_id: UUID, **how: Any) -> Any:
        if course_id in broken:
            raise broken[course_id]
        return await really(uow, course_id, **how)

    monkeypatch.setattr(publishing, "publish_draft", fails_for_some)
    monkeypatch.setattr(publishing, "_AT_ONCE", 1)
    await publishing.publish_due(db)
    stands = [await done(ada, "GET", f"/courses/{course}/workflow") for course in courses]
    assert [each["changed"] for each in stands] == [True, True, False]
    assert [each["publish_at"] is None for each in stands] == [False, False, True], "those are tried again"
    broken.clear()
    await publishing.publish_due(db)
    assert not (await done(ada, "GET", f"/courses/{courses[0]}/workflow"))["changed"]


async def test_a_draft_is_replaced_also_where_learners_have_this_already(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, small_course())
    path = f"/courses/{content.course_id}"
    await titled(ada, path, "Better")
    async with db.begin() as uow:
        done_so = await api.publish(uow, small_course(), draft="replace")
    assert not done_so.changed
    draft = await done(ada, "GET", path)
    assert (draft["course"]["title"], draft["changed"]) == ("A small course", False)


async def test_looking_for_problems_keeps_nobody_from_writing(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    await titled(ada, f"/courses/{content.course_id}", "Better")
    async with db.begin() as uow:
        assert (await drafts.checked(uow, content.course_id)).problems == []
        await db.fetch("SELECT FROM catalog_draft WHERE course_id = $1 FOR UPDATE NOWAIT", content.course_id)


async def test_few_courses_are_packed_at_once_each_with_one_look_for_its_files(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = await owned(db, await person(client, db, "Ada"), whole_course())
    now, most, looks = 0, 0, 0

    async def read_all(*_: Any) -> dict[str, bytes]:
        nonlocal now, most, looks
        now, looks = now + 1, looks + 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return {}

    monkeypatch.setattr(media, "read_all", read_all)
    packed = [api.write_deck(db, course, {}) for _ in range(packing.AT_ONCE + 2)]
    await asyncio.gather(*packed)
    assert (most, looks) == (packing.AT_ONCE, len(packed))
