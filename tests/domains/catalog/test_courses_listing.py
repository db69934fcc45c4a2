"""Lists of courses, what they can be narrowed to, categories, and pages as bytes."""

import asyncio
import gzip
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import httpx
import pytest

from domains.billing import api as billing
from domains.catalog import api
from domains.catalog import pages as pages_module
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.errors import CourseNotFound
from domains.catalog.kinds import Translate
from domains.catalog.kinds.assets import Image
from domains.catalog.pages import FRESH_S, CoursePages
from domains.identity import api as identity
from domains.identity.api import Role
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import put_on_sale

REF = f"sha256:{'c' * 64}"


def course(slug: str, title: str = "", source: str = "en", target: str = "es", **fields: Any) -> Course:
    exercise = Exercise("e", Translate("hola", target, source, ("hi",)))
    unit = Unit("u", "Unit", (Lesson("l", "Lesson", (exercise,)),))
    return Course(slug, title or slug, source, target, (Section("s", "Section", (unit,)),), **fields)


async def publish(db: Database, *courses: Course) -> list[UUID]:
    found = []
    for each in courses:
        async with db.begin() as uow:
            found.append((await api.publish(uow, each)).course_id)
    return found


async def listed(client: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await client.get("/api/v1/courses", params=parameters)
    assert answer.status_code == 200, answer.text
    return [each["slug"] for each in answer.json()["items"]]


async def admin(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Root")
    async with db.begin() as uow:
        await identity.change_roles(uow, found.id, [Role.ADMIN], by=None)
    return found


SHELF = (
    course("basics", "Álgebra", level="A1", categories=("school",), tags=("short", "new"), description="Los números"),
    course("latin", "Zoo", target="es-419", level="A2", categories=("zoo", "gone"), topics=("animals",)),
    course("paris", "bistro", source="en-GB", target="fr", level="A1", tags=("new",)),
    course("maths", "Numbers", source="de", target="de", categories=("school",)),
)


LISTS: tuple[tuple[dict[str, Any], list[str] | None], ...] = (
    ({}, ["basics", "paris", "maths", "latin"]),
    ({"source_language": "EN"}, ["basics", "paris", "latin"]),
    ({"source_language": "en-gb"}, ["paris"]),
    ({"target_language": "es"}, ["basics", "latin"]),
    ({"target_language": "es-419", "source_language": "en"}, ["latin"]),
    ({"target_language": "e"}, None),
    ({"target_language": "es%"}, None),
    ({"level": "A1"}, ["basics", "paris"]),
    ({"level": ["A1", "A2"], "tag": "new"}, ["basics", "paris"]),
    ({"level": "Z9"}, None),
    ({"category": "school"}, ["basics", "maths"]),
    ({"category": "life"}, ["latin"]),
    ({"category": "none"}, []),
    ({"topic": "animals"}, ["latin"]),
    ({"tag": "New"}, []),
    ({"q": "numero"}, ["basics"]),
    ({"q": "NUMB", "sort": "title"}, ["maths"]),
    ({"q": "algebra", "level": "A2"}, []),
    ({"q": "?!"}, []),
    ({"q": "  "}, ["basics", "paris", "maths", "latin"]),
    ({"sort": "newest"}, ["maths", "paris", "latin", "basics"]),
    ({"sort": "popular"}, ["paris", "latin", "basics", "maths"]),
    ({"access": "paid"}, ["maths", "latin"]),
    ({"access": "free", "q": "numero"}, ["basics"]),
    ({"access": "paid", "q": "numero"}, []),
    ({"access": "stolen"}, None),
    ({"sort": "best"}, None),
)


async def test_a_list_is_narrowed_and_sorted(client: httpx.AsyncClient, db: Database) -> None:
    ids = await publish(db, *SHELF)
    await db.fetch("INSERT INTO catalog_category VALUES ('life', '{}', NULL), ('zoo', '{}', 'life')")
    async with db.begin() as uow:
        # Of the same learners, fewer completions come later; what nobody took comes last.
        counts = [api.Counted(ids[0], 1, 9), api.Counted(ids[1], 2, 0), api.Counted(ids[2], 2, 1)]
        await api.set_popularity(uow, counts, days=30, at=datetime.now(UTC))
    await put_on_sale(db, billing.course_key(ids[1]), billing.course_key(ids[3]), billing.ALL_COURSES)
    for parameters, wanted in LISTS:
        if wanted is None:
            assert (await client.get("/api/v1/courses", params=parameters)).status_code == 400, parameters
            continue
        assert await listed(client, **parameters) == wanted, parameters
        facets = (await client.get("/api/v1/courses/facets", params=parameters)).json()
        assert facets["total"] == len(wanted), parameters
    refused = await client.get("/api/v1/courses?tag=%00")
    assert (refused.status_code, "a character that no text may have" in refused.json()["detail"]) == (400, True)


@pytest.mark.parametrize("sort", ["title", "newest", "popular", "relevance"])
async def test_a_page_goes_on_where_the_last_one_ended_while_courses_come(
    client: httpx.AsyncClient, db: Database, sort: str
) -> None:
    await publish(db, *(course(f"c-{number}", f"Cats {number % 2}") for number in range(7)))
    await db.fetch("UPDATE catalog_course SET published_at = now()")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters: dict[str, Any] = {"sort": sort, "limit": 3, "q": "cat"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/courses", params=parameters)).json()
        seen += [each["slug"] for each in page["items"]]
        await publish(db, course(f"new-{len(seen)}", "A cat"))
        cursor = page["next_cursor"]
        if cursor is None:
            break
        other = "newest" if sort == "title" else "title"
        refused = await client.get("/api/v1/courses", params={"sort": other, "cursor": cursor})
        assert (refused.status_code, refused.json()["code"]) == (400, "page.bad_cursor")
    assert len(seen) == len(set(seen))
    assert {f"c-{number}" for number in range(7)} <= set(seen)


async def test_a_course_in_a_list_says_what_it_is(client: httpx.AsyncClient, db: Database) -> None:
    await publish(db, course("whole", "Whole", level="B1", topics=("a", "b", "a"), image=Image(REF, "A cat")))
    [shown] = (await client.get("/api/v1/courses")).json()["items"]
    assert (shown["level"], shown["topics"], shown["lessons"], shown["exercises"]) == ("B1", ["a", "b"], 1, 1)
    assert shown["image"] == {"url": f"/media/{'c' * 64}", "alt": "A cat"}
    assert (shown["popularity"], shown["paid"]) == (None, False)
    published = shown["published_at"]
    await publish(db, course("whole", "Other"))
    [shown] = (await client.get("/api/v1/courses")).json()["items"]
    assert (shown["title"], shown["image"], shown["topics"]) == ("Other", None, [])
    assert shown["published_at"] == published


async def test_facets_count_what_the_same_filters_list(client: httpx.AsyncClient, db: Database) -> None:
    await publish(db, *SHELF)
    found = (await client.get("/api/v1/courses/facets", params={"source_language": "en"})).json()
    assert found == {
        "total": 3,
        "source_languages": [{"value": "en", "courses": 2}, {"value": "en-GB", "courses": 1}],
        "target_languages": [{"value": each, "courses": 1} for each in ("es", "es-419", "fr")],
        "levels": [{"value": "A1", "courses": 2}, {"value": "A2", "courses": 1}],
        "categories": [{"value": each, "courses": 1} for each in ("gone", "school", "zoo")],
        "topics": [{"value": "animals", "courses": 1}],
        "tags": [{"value": "new", "courses": 2}, {"value": "short", "courses": 1}],
    }


async def test_operators_keep_categories_and_everybody_sees_how_many_courses_are_in_each(
    client: httpx.AsyncClient, db: Database
) -> None:
    root, ada = await admin(client, db), await register(client)

    async def save(slug: str, by: Learner = root, **body: Any) -> tuple[int, str | None]:
        answer = await client.put(f"/api/v1/categories/{slug}", json=body, headers=by.headers)
        return answer.status_code, answer.json()["code"] if answer.content else None

    assert await save("life", titles={"en": "Life", "pt-BR": "Vida"}, position=1) == (204, None)
    assert await save("zoo", titles={"es": "Animales"}, parent="life") == (204, None)
    assert await save("school", titles={"en": "School"}, position=2) == (204, None)
    assert (await save("x", by=ada, titles={"en": "X"}))[0] == 403
    refusals = [
        await save("Bad Slug", titles={"en": "X"}),
        await save("x", titles={}),
        await save("x", titles={"en": "X"}, parent="none"),
        await save("x", titles={"en": "X"}, parent="zoo"),
        await save("x", titles={"en": "X"}, parent="x"),
        await save("life", titles={"en": "X"}, parent="school"),
    ]
    assert [status for status, _ in refusals] == [400, 400, 404, 400, 400, 400]
    assert refusals[-1][1] == "catalog.category_too_deep"
    await publish(db, *SHELF)
    items = (await client.get("/api/v1/categories", params={"language": "pt"})).json()["items"]
    assert [(each["slug"], each["title"], each["parent"], each["courses"]) for each in items] == [
        ("zoo", "Animales", "life", 1),
        ("life", "Life", None, 1),
        ("school", "School", None, 2),
    ]
    items = (await client.get("/api/v1/categories", params={"language": "pt-br"})).json()["items"]
    assert items[1]["title"] == "Vida"
    answers = [await client.delete("/api/v1/categories/life", headers=root.headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 404]
    items = (await client.get("/api/v1/categories")).json()["items"]
    assert [(each["slug"], each["parent"]) for each in items] == [("zoo", None), ("school", None)]


# ---- pages


async def test_a_page_is_compressed_once_for_who_takes_it(client: httpx.AsyncClient, db: Database) -> None:
    units = tuple(Unit(f"u{n}", f"Unit {n}", (Lesson(f"l{n}", f"Lesson {n}"),)) for n in range(50))
    first = Exercise("e", Translate("hola", "es", "en", ("hi",)))
    sections = (Section("s", "Section", (Unit("u", "U", (Lesson("l", "L", (first,)),)), *units)),)
    [course_id] = await publish(db, Course("long", "Long", "en", "es", sections))
    url = f"/api/v1/courses/{course_id}"
    plain = await client.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    small = await client.get(url, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.content == plain.content
    assert int(small.headers["content-length"]) * 4 < int(plain.headers["content-length"])
    assert "accept-encoding" in plain.headers["vary"].lower()
    tags = {plain.headers["etag"], small.headers["etag"]}
    assert len(tags) == 2
    for encoding in ("gzip", "gzip;q=0, identity"):
        for tag in tags:
            answer = await client.get(url, headers={"Accept-Encoding": encoding, "If-None-Match": tag})
            assert (answer.status_code, answer.content) == (304, b"")
    assert (await client.get(url, headers={"Accept-Encoding": "gzip;q=0"})).headers["etag"] == plain.headers["etag"]
    pages = CoursePages(db)
    page = await pages.page(course_id, "tree")
    assert page.compressed is not None
    assert gzip.decompress(page.compressed) == page.body


async def test_a_page_is_made_once_for_all_who_ask_for_it_first(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    [course_id] = await publish(db, course("rush"))
    made = Mock(wraps=pages_module._pages)
    monkeypatch.setattr(pages_module, "_pages", made)
    pages = CoursePages(db)
    gone = asyncio.create_task(pages.page(course_id, "tree"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(pages.page(course_id, name)) for name in ("tree", "lessons") * 5]
    gone.cancel()
    found = await asyncio.gather(*others)
    assert gone.cancelled()
    assert len(set(map(id, found))) == 2
    assert made.call_count == 1
    for _ in range(2):
        with pytest.raises(CourseNotFound):
            await pages.page(uuid4(), "tree")


async def test_a_page_that_changed_is_asked_for_at_once_where_that_was_heard(db: Database) -> None:
    now = 0.0
    pages = CoursePages(db, clock=lambda: now)
    [course_id] = await publish(db, course("page", "Before"))
    before = await pages.page(course_id, "tree")
    await publish(db, course("page", "After"))
    assert await pages.page(course_id, "tree") is before
    pages.changed(course_id)
    pages.changed(uuid4())
    assert b"After" in (await pages.page(course_id, "tree")).body
    await db.fetch("UPDATE catalog_course SET retired_at = now()")
    assert b'"retired":false' in (await pages.page(course_id, "tree")).body
    now = FRESH_S
    assert b'"retired":true' in (await pages.page(course_id, "tree")).body
