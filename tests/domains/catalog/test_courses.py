"""Publishing courses and reading them, on a real database."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from domains.catalog import api, revisions
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.errors import CourseInvalid, CourseNotFound, LessonNotFound
from domains.catalog.events import CourseRevisionPublished
from domains.catalog.kinds import Translate
from domains.catalog.pages import FRESH_S, CoursePages
from domains.kernel.uow import Database

SPANISH = Path(__file__).parents[4] / "shared/data/librelingo-es/course"


def course(slug: str, *words: str, title: str = "A course") -> Course:
    """One lesson per word, with one exercise each."""
    lessons = tuple(
        Lesson(f"s/u/{word}", word, (Exercise(f"s/u/{word}/e", Translate(word, "es", "en", (f"{word} in English",))),))
        for word in words
    )
    return Course(slug, title, "en", "es", (Section("s", "Section", (Unit("s/u", "Unit", lessons),)),))


def new_slug() -> str:
    return f"course-{uuid4().hex}"


async def publish(db: Database, document: Course) -> api.PublishedCourse:
    async with db.begin() as uow:
        return await api.publish(uow, document)


async def content_of(db: Database, published: api.PublishedCourse) -> api.RevisionContent:
    return await api.revision(db, published.revision_id)


async def test_publishing_the_same_course_again_changes_nothing(db: Database) -> None:
    slug = new_slug()
    first = await publish(db, course(slug, "gato"))
    async with db.begin() as uow:
        again = await api.publish(uow, course(slug, "gato"))
        assert uow.facts == []
    assert (first.number, first.changed) == (1, True)
    assert again == msgspec.structs.replace(first, changed=False)


async def test_a_changed_course_is_a_new_revision_and_a_fact(db: Database) -> None:
    slug = new_slug()
    first = await publish(db, course(slug, "gato"))
    async with db.begin() as uow:
        second = await api.publish(uow, course(slug, "gato", "pato"))
        (fact,) = uow.facts
    assert isinstance(fact, CourseRevisionPublished)
    assert (fact.course_id, fact.revision_id, fact.number) == (first.course_id, second.revision_id, 2)
    assert second.course_id == first.course_id
    assert second.revision_id != first.revision_id


async def test_lessons_and_exercises_keep_their_ids_over_revisions(db: Database) -> None:
    slug = new_slug()
    old = await content_of(db, await publish(db, course(slug, "gato", "pato")))
    without = await content_of(db, await publish(db, course(slug, "gato")))
    back = await content_of(db, await publish(db, course(slug, "perro", "pato", "gato")))
    assert list(without.lessons) == [old.node_ids["lesson", "s/u/gato"]]
    assert set(old.lessons) < set(back.lessons)
    assert set(old.exercises) < set(back.exercises)
    assert [lesson.title for lesson in back.lessons.values()] == ["perro", "pato", "gato"]


async def test_a_revision_stays_as_it_was(db: Database) -> None:
    slug = new_slug()
    first = await publish(db, course(slug, "gato"))
    await publish(db, course(slug, "pato"))
    old = await content_of(db, first)
    assert [lesson.title for lesson in old.lessons.values()] == ["gato"]
    assert api.kept_revision(first.revision_id) is old


async def test_a_revision_that_many_ask_for_at_once_is_decoded_once(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = await publish(db, course(new_slug(), "gato"))
    decoded = []
    indexed = revisions._indexed
    monkeypatch.setattr(revisions, "_indexed", lambda *given: decoded.append(1) or indexed(*given))

    async def within() -> api.RevisionContent:
        async with db.begin() as uow:
            return await api.revision(uow, published.revision_id)

    one, *others = await asyncio.gather(*(within() for _ in range(5)), api.revision(db, published.revision_id))
    assert len(decoded) == 1
    assert all(other is one for other in others)


async def test_publishing_at_once_publishes_once(db: Database) -> None:
    slug = new_slug()
    results = await asyncio.gather(*(publish(db, course(slug, "gato")) for _ in range(5)))
    assert sorted(result.changed for result in results) == [False] * 4 + [True]
    assert len({result.revision_id for result in results}) == 1
    different = await asyncio.gather(*(publish(db, course(slug, f"word{n}")) for n in range(5)))
    assert sorted(result.number for result in different) == [2, 3, 4, 5, 6]


async def test_a_course_with_faults_is_not_published(db: Database) -> None:
    with pytest.raises(CourseInvalid, match="two lessons with the key"):
        await publish(db, course(new_slug(), "gato", "gato"))
    with pytest.raises(CourseInvalid, match="no exercise"):
        await publish(db, course(new_slug()))


async def test_the_published_lesson_comes_with_its_revision(db: Database) -> None:
    slug = new_slug()
    first = await content_of(db, await publish(db, course(slug, "gato", "pato")))
    gato, pato = first.lessons.values()
    second = await publish(db, course(slug, "gato"))
    async with db.begin() as uow:
        found = await api.published_lesson(uow, gato.id)
        assert (found.revision.id, found.lesson.id) == (second.revision_id, gato.id)
        assert (await api.published_course(uow, first.course_id)).id == second.revision_id
        for missing in (pato.id, gato.exercises[0].id, uuid4()):
            with pytest.raises(LessonNotFound):
                await api.published_lesson(uow, missing)
        with pytest.raises(CourseNotFound):
            await api.published_course(uow, uuid4())
        with pytest.raises(CourseNotFound):
            await api.revision(uow, uuid4())


async def test_an_exercise_is_prompted_and_graded_through_the_front_door(db: Database) -> None:
    content = await content_of(db, await publish(db, course(new_slug(), "gato")))
    (exercise,) = content.exercises.values()
    assert (exercise.kind, exercise.lesson_id) == ("translate", next(iter(content.lessons)))
    assert b"English" not in msgspec.json.encode(api.prompt(exercise, "seed"))
    assert api.check(exercise, b'"gato in English"', content.lexicon).correct
    with pytest.raises(api.AnswerShape):
        api.check(exercise, b"7", content.lexicon)


async def brought(db: Database, path: Path) -> api.Brought:
    loaded, report = await api.read_course(path, None, api.Options())
    assert loaded is not None
    done = await api.bring_course(
        db, loaded, report, name="x", owner_id=None, as_draft=False, even_changed=False, tell=unheard
    )
    assert done is not None, report.remarks
    return done


async def unheard(done: int, total: int) -> None:
    pass


async def test_no_file_is_published_that_names_pictures_which_are_not_there(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "hole.yaml"
    path.write_text(
        "lyceum: 1\ncourse: {slug: hole, title: Hole, learning: es, from: en, prerequisites: [nowhere]}\n"
        "sections: [{key: s, title: S, units: [{key: u, title: U, lessons: [{key: l, title: L, exercises: [\n"
        f"  {{kind: listen_type, audio: {{media: 'sha256:{'0' * 64}'}}, accepted: [y]}}]}}]}}]}}]\n"
    )
    loaded, report = await api.read_course(path, None, api.Options())
    assert loaded is not None
    done = await api.bring_course(
        db, loaded, report, name="x", owner_id=None, as_draft=False, even_changed=False, tell=unheard
    )
    assert done is None
    assert [each.severity for each in report.remarks] == ["error", "note"]
    assert "the file sha256:000000000000… is not there" in report.remarks[0].message
    assert await db.fetch("SELECT FROM catalog_course") == []
    tried = api.Report()
    await api.check_course(db, loaded, tried, name="x", owner_id=None, as_draft=True, tell=unheard)
    assert [each.severity for each in tried.remarks] == ["warning", "note"]


async def test_our_own_course_is_imported_once_and_exported_again(db: Database, tmp_path: Path) -> None:
    async with db.begin() as uow:
        first = await api.ensure_demo_course(uow)
    async with db.begin() as uow:
        again = await api.ensure_demo_course(uow)
        for name in (api.DEMO_SLUG, str(first.course_id)):
            assert (await api.course_named(uow, name)).id == first.course_id
        with pytest.raises(CourseNotFound):
            await api.course_named(uow, "no-such-course")
    assert (again.revision_id, again.changed) == (first.revision_id, False)
    _, written, left_out = await api.export_course(db, first.course_id, "published", "lyceum")
    assert left_out.remarks == []
    path = tmp_path / "exported.yaml"
    path.write_bytes(written.body)
    imported = await brought(db, path)
    assert (imported.revision_id, imported.changed) == (first.revision_id, False)


@pytest.mark.skipif(not SPANISH.exists(), reason="the LibreLingo course is not on this machine")
async def test_a_librelingo_course_is_imported_once_and_its_changes_as_a_new_revision(
    db: Database, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(SPANISH, tmp_path / "course"))
    results = [await brought(db, copy) for _ in range(2)]
    assert results[1] == msgspec.structs.replace(results[0], changed=False)
    skill = copy / "basics/skills/animals.yaml"
    skill.write_text(skill.read_text().replace("Translation: duck", "Translation: drake", 1))
    changed = await brought(db, copy)
    assert (changed.course_id, changed.number, changed.changed) == (results[0].course_id, 2, True)
    assert results[0].revision_id is not None
    assert changed.revision_id is not None
    before, after = [await api.revision(db, id_) for id_ in (results[0].revision_id, changed.revision_id)]
    assert list(after.lessons) == list(before.lessons)
    # Only exercises that ask for the changed word by its English side are new.
    assert len(set(before.exercises) - set(after.exercises)) <= 2


async def test_a_page_asks_the_database_once_a_second_and_follows_new_revisions(db: Database) -> None:
    now = 0.0
    pages = CoursePages(db, clock=lambda: now)
    slug = new_slug()
    published = await publish(db, course(slug, "gato"))
    first = await pages.page(published.course_id, "tree")
    await publish(db, course(slug, "pato"))
    assert await pages.page(published.course_id, "tree") is first
    now = FRESH_S
    second = await pages.page(published.course_id, "tree")
    assert second.etag != first.etag
    assert b"pato" in second.body
    now = 2 * FRESH_S
    assert await pages.page(published.course_id, "tree") is second


# Over REST


async def test_a_course_is_listed_and_read_with_its_whole_tree(client: httpx.AsyncClient, db: Database) -> None:
    slug = new_slug()
    published = await publish(db, course(slug, "gato", "pato", title="Cats and ducks"))
    content = await content_of(db, published)
    answer = await client.get(f"/api/v1/courses/{published.course_id}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    tree = answer.json()
    assert (tree["id"], tree["slug"], tree["title"]) == (str(published.course_id), slug, "Cats and ducks")
    (section,) = tree["sections"]
    (unit,) = section["units"]
    assert [(UUID(lesson["id"]), lesson["title"], lesson["exercises"]) for lesson in unit["lessons"]] == [
        (lesson.id, lesson.title, 1) for lesson in content.lessons.values()
    ]
    assert "in English" not in answer.text
    lessons = (await client.get(f"/api/v1/courses/{published.course_id}/lessons")).json()["items"]
    assert [lesson["id"] for lesson in lessons] == [lesson["id"] for lesson in unit["lessons"]]
    assert lessons[0]["unit_id"] == unit["id"]


async def test_an_unchanged_course_costs_no_body(client: httpx.AsyncClient, db: Database) -> None:
    published = await publish(db, course(new_slug(), "gato"))
    for url in (f"/api/v1/courses/{published.course_id}", f"/api/v1/courses/{published.course_id}/lessons"):
        etag = (await client.get(url)).headers["etag"]
        assert etag.startswith('"')
        for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = await client.get(url, headers={"If-None-Match": given})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert (await client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_course_that_is_not_there_is_404_with_its_code(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/courses/{uuid4()}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "catalog.course_not_found"
    assert (await client.get("/api/v1/courses/not-an-id")).status_code in {400, 404}


async def test_the_list_of_courses_pages_through_all_of_them_once(client: httpx.AsyncClient, db: Database) -> None:
    mine = {(await publish(db, course(new_slug(), "gato"))).course_id for _ in range(5)}
    seen: list[str] = []
    cursor = None
    for _ in range(100):
        parameters = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/courses", params=parameters)).json()
        seen += [line["id"] for line in page["items"]]
        assert len(page["items"]) <= 2
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert cursor is None
    assert len(seen) == len(set(seen))
    assert {str(course_id) for course_id in mine} <= set(seen)
    assert (await client.get("/api/v1/courses", params={"cursor": "%%%"})).status_code == 400
