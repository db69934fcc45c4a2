"""Courses from files over REST: in parts, by a job, with a report; and what fails changes nothing."""

import hashlib
import io
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from conftest import Crank
from domains.catalog import formats
from domains.catalog.content import Course, Lesson, encode
from domains.catalog.errors import TooManyCourses
from domains.catalog.events import ImportProgressed, ImportRequested
from domains.catalog.formats.archive import MOST_BYTES
from domains.catalog.kinds.assets import Image
from domains.catalog.repository import authors
from domains.catalog.repository import importing as repository
from domains.catalog.service import drafts, importing
from domains.kernel.events import Event
from domains.kernel.uow import Database
from domains.media import api as media
from factories.authors import Body, began, done, lesson_of, owned, person, send, whole_course
from factories.files import picture
from factories.people import Learner, register
from realtime.routes import route

BYTES = {"Content-Type": "application/octet-stream"}
GIFT = b"::One:: What is 1 + 1? {=2 ~3}\n\n::Two:: Name a duck. {=pato =el pato}\n"
OPTIONS = {"slug": "sums", "title": "Sums", "source_language": "en", "target_language": "en"}


def yaml(course: Course) -> bytes:
    written, report = formats.write(course, "lyceum", {})
    assert written
    assert not report.remarks
    return written.body


async def put(who: Learner, import_id: str, body: bytes, part: int = 1) -> httpx.Response:
    path = f"/api/v1/authoring/imports/{import_id}/file?part={part}"
    return await who.http.put(path, content=body, headers=who.headers | BYTES)


async def sent(who: Learner, body: bytes, name: str, **fields: Any) -> Body:
    """An import with its file; it has not run."""
    begun = await done(who, "POST", "/imports", {"name": name, "size_bytes": len(body), **fields})
    size = importing.PART_BYTES
    for number in begun["missing"]:
        answer = await put(who, begun["id"], body[(number - 1) * size : number * size], number)
        assert answer.status_code == 200, answer.text
    return begun


async def imported(who: Learner, crank: Crank, body: bytes, name: str, **fields: Any) -> Body:
    begun = await sent(who, body, name, **fields)
    await crank.jobs()
    return await done(who, "GET", f"/imports/{begun['id']}")


async def remarks(who: Learner, found: Body) -> list[str]:
    items = (await done(who, "GET", f"/imports/{found['id']}/remarks"))["items"]
    return [f"{each['severity']}: {each['message']}" for each in items]


async def document(db: Database, course: str) -> Course:
    async with db.begin() as uow:
        return (await drafts.document(uow, UUID(course))).course


async def test_a_file_becomes_a_course_of_ones_own_that_can_be_published(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada = await person(client, db, "Ada")
    found = await imported(ada, crank, GIFT, "sums.gift", options=OPTIONS)
    assert (found["state"], found["errors"], found["done"], found["total"]) == ("done", 0, 3, 3)
    assert found["counts"] == {"section": 1, "unit": 1, "lesson": 1, "exercise": 2}
    path = f"/courses/{found['course_id']}"
    assert (await done(ada, "GET", path))["role"] == "owner"
    assert (await client.get(f"/api/v1/courses/{found['course_id']}")).status_code == 404, "it is a draft"
    assert (await done(ada, "POST", f"{path}/publish", {}, seen="*"))["number"] == 1
    assert (await client.get(f"/api/v1/courses/{found['course_id']}")).json()["title"] == "Sums"
    [listed] = (await done(ada, "GET", "/imports"))["items"]
    assert listed == found
    assert await db.fetch("SELECT FROM catalog_import_part") == [], "the file is not kept"
    again = await imported(ada, crank, GIFT, "sums.gift", options=OPTIONS)
    assert (again["state"], again["course_id"]) == ("failed", None)
    assert "there is a course `sums` already" in (await remarks(ada, again))[-1]


async def test_a_course_comes_back_as_it_went(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada, eve = await person(client, db, "Ada"), await person(client, db, "Eve")
    content = await owned(db, ada, whole_course())
    path = f"/courses/{content.course_id}/export"
    answer = await send(ada, "GET", path)
    assert answer.headers["content-disposition"] == 'attachment; filename="small.yaml"'
    assert answer.headers["lyceum-left-out"] == "0"
    assert (await send(eve, "GET", path)).status_code == 404
    lea = await register(client, "Lea")
    assert (await send(lea, "GET", path)).status_code == 404
    found = await imported(ada, crank, answer.content, "small.yaml", options={"slug": "copy"})
    assert await document(db, found["course_id"]) == replace(whole_course(), slug="copy")
    gift = await send(ada, "GET", f"{path}?format=gift")
    told = await done(ada, "GET", f"{path}/report?format=gift")
    assert int(gift.headers["lyceum-left-out"]) == told["total"] > 0
    assert (await send(ada, "GET", f"{path}?format=word")).json()["code"] == "catalog.format_unknown"
    assert {"lyceum", "gift", "moodle"} <= {each["name"] for each in (await done(ada, "GET", "/formats"))["items"]}


async def test_a_draft_in_progress_is_replaced_only_by_who_asks_for_that(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada, eve = await person(client, db, "Ada"), await person(client, db, "Eve")
    content = await owned(db, ada, whole_course())
    course, path = str(content.course_id), f"/courses/{content.course_id}"
    body = yaml(replace(whole_course(), slug="whatever", title="From a file"))
    wish = {"name": "x.yaml", "size_bytes": len(body), "course_id": course}
    assert (await send(eve, "POST", "/imports", wish)).status_code == 404
    tried = await imported(ada, crank, body, "x.yaml", course_id=course, dry_run=True)
    assert (tried["state"], tried["counts"]["exercise"]) == ("done", 8)
    assert (await document(db, course)).title == "A small course", "nothing was done"
    assert (await imported(ada, crank, body, "x.yaml", course_id=course))["state"] == "done"
    now = await document(db, course)
    assert (now.slug, now.title) == ("small", "From a file")
    tree = await done(ada, "GET", f"{path}/tree")
    assert tree["sections"][0]["id"] == str(content.node_ids["section", "s"]), "nodes stay the same"
    refused = await imported(ada, crank, yaml(whole_course()), "x.yaml", course_id=course)
    assert refused["state"] == "failed"
    assert (await document(db, course)).title == "From a file"
    assert (await imported(ada, crank, yaml(whole_course()), "x.yaml", course_id=course, replace=True))["errors"] == 0
    assert (await document(db, course)).title == "A small course"


async def test_a_file_arrives_in_parts_and_in_any_order(
    client: httpx.AsyncClient, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PART_BYTES", 40)
    ada, eve = await person(client, db, "Ada"), await person(client, db, "Eve")
    begun = await done(ada, "POST", "/imports", {"name": "a.gift", "size_bytes": len(GIFT), "options": OPTIONS})
    assert begun["missing"] == [1, 2]
    path = f"/imports/{begun['id']}"
    assert (await put(ada, begun["id"], GIFT[40:], 2)).json()["missing"] == [1]
    assert (await put(ada, begun["id"], GIFT[40:], 2)).json()["missing"] == [1], "the same again changes nothing"
    for part, body in ((1, GIFT[:39]), (3, b"x"), (2, GIFT[40:] + b"x")):
        assert (await put(ada, begun["id"], body, part)).json()["code"] == "catalog.bad_part"
    assert (await put(eve, begun["id"], GIFT[:40])).status_code == 404
    assert (await send(eve, "GET", path)).status_code == 404
    assert (await send(eve, "GET", f"{path}/remarks")).status_code == 404
    assert (await done(ada, "GET", path))["missing"] == [1], "who comes back knows what to send"
    assert (await put(ada, begun["id"], GIFT[:40])).json()["state"] == "queued"
    assert (await put(ada, begun["id"], GIFT[:40])).json()["code"] == "catalog.import_begun"
    assert (await send(ada, "DELETE", path)).status_code == 409
    await crank.jobs()
    assert (await done(ada, "GET", path))["state"] == "done"
    assert (await send(eve, "DELETE", path)).status_code == 404
    assert (await send(ada, "DELETE", path)).status_code == 204
    wish = {"name": "a.gift", "size_bytes": 3}
    opened = [(await send(ada, "POST", "/imports", wish)).status_code for _ in range(importing.MOST_OPEN + 1)]
    assert opened == [201] * importing.MOST_OPEN + [409]
    lea = await register(client, "Lea")
    assert (await send(lea, "POST", "/imports", wish)).status_code == 403
    unknown = await send(eve, "POST", "/imports", wish | {"name": "a.docx"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "catalog.format_unknown")
    assert ".gift.txt, .imscc" in unknown.json()["detail"]
    assert (await send(eve, "POST", "/imports", wish | {"name": "a.docx", "format": "gift"})).status_code == 201
    for bad in ({"size_bytes": 0}, {"size_bytes": MOST_BYTES + 1}, {"format": "word"}, {"name": ""}):
        assert (await send(ada, "POST", "/imports", wish | bad)).status_code == 400, bad
    text_body = await ada.http.put(f"/api/v1/authoring{path}/file", content=b"x", headers=ada.headers)
    assert text_body.status_code == 415


async def test_what_is_wrong_is_told_by_file_and_line_and_changes_nothing(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada = await person(client, db, "Ada")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("course.yaml", b"a" * 60_000_000)
    bodies = {
        "broken.yaml": b"slug: [",
        "traversal/../../etc/passwd": b"nothing at all",
        "bomb.zip": bomb.getvalue(),
        "empty.gift": b"// nothing\n",
        "no.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><quiz>&b;</quiz>',
    }
    begun = {name: await sent(ada, body, name, options=OPTIONS) for name, body in bodies.items()}
    await crank.jobs()
    for name, each in begun.items():
        found = await done(ada, "GET", f"/imports/{each['id']}")
        assert found["state"] == "failed", name
        assert any(line.startswith("error: ") for line in await remarks(ada, found)), name
    assert await db.fetch("SELECT FROM catalog_course") == []


async def test_files_of_a_course_come_with_it(
    client: httpx.AsyncClient, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client, db, "Ada")
    good, bad = picture(), b"<svg onload='alert(1)'/>"
    refs = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in (good, bad)]
    course = whole_course()
    [section] = course.sections
    [unit] = section.units
    first, *rest = unit.lessons
    exercises = tuple(
        replace(each, image=Image(ref, "a duck")) for each, ref in zip(first.exercises[:2], refs, strict=True)
    )
    lessons: tuple[Lesson, ...] = (replace(first, exercises=exercises), *rest)
    course = replace(course, sections=(replace(section, units=(replace(unit, lessons=lessons),)),))
    written, _ = formats.write(course, "lyceum", dict(zip(refs, (good, bad), strict=True)))
    assert written
    assert written.suffix == ".zip"
    tried = await imported(ada, crank, written.body, "small.zip", dry_run=True)
    assert await media.known(db, refs) == set(), "nothing is stored"
    found = await imported(ada, crank, written.body, "small.zip")
    assert found["state"] == "done"
    assert await remarks(ada, tried) == await remarks(ada, found), "and all the same told"
    assert [each for each in await remarks(ada, found) if "a file of the course is not taken" in each]
    assert await media.known(db, refs) == {refs[0]}
    with monkeypatch.context() as patch:
        patch.setattr(media, "put", lambda *_, **__: pytest.fail("what is there is not stored again"))
        again = formats.write(replace(course, slug="again"), "lyceum", {refs[0]: good})[0]
        assert again
        assert (await imported(ada, crank, again.body, "again.zip"))["state"] == "done"
    [problem] = (await done(ada, "GET", f"/courses/{found['course_id']}/problems"))["items"]
    assert "is not there" in problem["message"], "its author sees where it is missing"


async def test_a_try_that_dies_half_way_leaves_nothing_and_another_does_it(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kill: the transaction never commits, the row says that it runs, and the job comes again."""
    ada = await person(client, db, "Ada")
    begun = await sent(ada, GIFT, "sums.gift", options=OPTIONS)
    import_id = UUID(begun["id"])

    class Killed(BaseException):
        pass

    async def try_once(*, kill: bool) -> None:
        async with db.begin() as uow:
            await importing.run(uow, import_id)
            if kill:
                raise Killed

    with pytest.raises(Killed):
        await try_once(kill=True)
    assert (await done(ada, "GET", f"/imports/{import_id}"))["state"] == "running"
    assert await db.fetch("SELECT FROM catalog_course") == []
    await try_once(kill=False)
    await try_once(kill=False)
    assert (await done(ada, "GET", f"/imports/{import_id}"))["state"] == "done"
    assert len(await db.fetch("SELECT FROM catalog_course")) == 1, "a double run does it once"
    deadly = UUID((await sent(ada, GIFT, "b.gift", options=OPTIONS | {"slug": "deadly"}))["id"])
    import_id = deadly
    for _ in range(importing.MOST_TRIES):
        with pytest.raises(Killed):
            await try_once(kill=True)
    await try_once(kill=False)
    dead = await done(ada, "GET", f"/imports/{deadly}")
    assert (dead["state"], dead["errors"]) == ("failed", 1)
    assert len(await db.fetch("SELECT FROM catalog_course")) == 1


async def test_a_try_that_was_overtaken_changes_nothing(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client, db, "Ada")
    import_id = UUID((await sent(ada, GIFT, "sums.gift", options=OPTIONS))["id"])
    begin = repository.begin

    async def begun_twice(db: Database, id_: UUID) -> Any:
        first = await begin(db, id_)
        # The work was given to somebody else meanwhile.
        await begin(db, id_)
        return first

    monkeypatch.setattr(repository, "begin", begun_twice)
    async with db.begin() as uow:
        await importing.run(uow, import_id)
    assert await db.fetch("SELECT FROM catalog_course") == []
    assert (await done(ada, "GET", f"/imports/{import_id}"))["state"] == "running"


async def test_progress_is_told_to_its_owner_alone(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client, db, "Ada")
    begun = await sent(ada, GIFT, "sums.gift", options=OPTIONS)
    told: list[Event] = []
    monkeypatch.setattr(importing, "_TELL_EVERY_S", 0)
    monkeypatch.setattr(db, "committed", told.extend)
    async with db.begin() as uow:
        await importing.run(uow, UUID(begun["id"]))
    steps = [each for each in told if isinstance(each, ImportProgressed)]
    running = [("running", done, 3) for done in range(3)]
    assert [(each.state, each.done, each.total) for each in steps] == [*running, ("done", 3, 3)]
    [message] = route(steps[-1])
    assert message.user_id == ada.id  # type: ignore[union-attr]
    assert not any(isinstance(each, ImportRequested) for each in told)


async def test_imports_that_nobody_goes_on_with_are_forgotten(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    for _ in range(2):
        await done(ada, "POST", "/imports", {"name": "a.gift", "size_bytes": 3})
    [old, _] = (await done(ada, "GET", "/imports"))["items"]
    async with db.begin() as uow:
        await uow.session.execute(
            text("UPDATE catalog_import SET created_at = now() - interval '2 days' WHERE id = :id"), {"id": old["id"]}
        )
    await importing.clear(db)
    assert [each["id"] != old["id"] for each in (await done(ada, "GET", "/imports"))["items"]] == [True]


async def test_a_draft_of_others_stays_theirs(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    """Who loses a part in the course before the job runs changes nothing of it."""
    ada, bob = await person(client, db, "Ada"), await person(client, db, "Bob")
    course = await began(ada)
    await lesson_of(ada, course)
    async with db.begin() as uow:
        await authors.add(uow.session, UUID(course), bob.id, "editor")
    before = encode(await document(db, course))
    begun = await sent(bob, yaml(whole_course()), "x.yaml", course_id=course, replace=True)
    await db.fetch("DELETE FROM catalog_collaborator WHERE user_id = $1", bob.id)
    await crank.jobs()
    found = await done(bob, "GET", f"/imports/{begun['id']}")
    assert (found["state"], encode(await document(db, course)) == before) == ("failed", True)


async def test_what_was_written_while_a_file_was_on_its_way_is_not_replaced(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    course, body = str(content.course_id), yaml(whole_course())
    begun = await sent(ada, body, "x.yaml", course_id=course, replace=True)
    await done(ada, "PATCH", f"/courses/{course}", {"title": "Better"}, seen="*")
    await crank.jobs()
    found = await done(ada, "GET", f"/imports/{begun['id']}")
    assert found["state"] == "failed"
    assert "was changed after this import was begun" in (await remarks(ada, found))[-1]
    assert (await document(db, course)).title == "Better"


async def test_an_import_that_is_refused_half_way_leaves_nothing(
    client: httpx.AsyncClient, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client, db, "Ada")

    async def refused(*_: Any) -> None:
        raise TooManyCourses

    monkeypatch.setattr(authors, "add", refused)
    found = await imported(ada, crank, GIFT, "sums.gift", options=OPTIONS)
    assert (found["state"], found["course_id"]) == ("failed", None)
    assert await db.fetch("SELECT FROM catalog_course") == []


async def test_a_backslash_before_four_digits_is_no_nul(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada = await person(client, db, "Ada")
    body = yaml(replace(whole_course(), description=r"how JSON writes it: \u0000"))
    assert (await imported(ada, crank, body, "x.yaml"))["state"] == "done"
    body = yaml(whole_course()).replace(b"A small course", b'"A \\0 small course"')
    assert (await imported(ada, crank, body, "x.yaml", options={"slug": "other"}))["state"] == "failed"
