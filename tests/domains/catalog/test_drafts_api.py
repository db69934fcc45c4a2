"""Authors over REST: who may, what is refused and how, and that nothing is lost between draft and learners."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec.structs import replace

from domains.catalog import api
from domains.catalog.content import Course, encode
from domains.catalog.errors import CourseInvalid, DraftInProgress
from domains.catalog.kinds import Translate
from domains.catalog.repository import authors
from domains.catalog.service import drafts
from domains.catalog.service.courses import publish_draft
from domains.kernel.uow import Database
from domains.media import api as media
from factories.authors import COURSE, TRANSLATE, Body, add, began, done, lesson_of, owned, person, send, whole_course
from factories.files import picture
from factories.people import register, small_course


async def document(db: Database, course: UUID | str) -> Course:
    async with db.begin() as uow:
        return (await drafts.document(uow, UUID(str(course)))).course


async def test_a_course_grows_from_nothing_until_nothing_is_missing(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    problems = (await done(ada, "GET", f"/courses/{course}/problems"))["items"]
    assert [each["message"] for each in problems] == ["the course has no exercise"]
    exercise = await lesson_of(ada, course)
    assert (await done(ada, "GET", f"/courses/{course}/problems"))["items"] == []
    tree = await done(ada, "GET", f"/courses/{course}/tree")
    [section] = tree["sections"]
    [lesson] = section["units"][0]["lessons"]
    assert (lesson["title"], lesson["form"], lesson["exercises"]) == ("L", "lesson", 1)
    [shown] = (await done(ada, "GET", f"/courses/{course}/children?parent_id={lesson['id']}"))["items"]
    assert shown == exercise
    assert shown["node"]["content"] == TRANSLATE["content"]
    made = await document(db, course)
    assert (made.title, next(made.exercises()).content) == ("Numbers", Translate("uno", "es", "en", ("one",)))
    assert (await client.get(f"/api/v1/courses/{course}")).status_code == 404, "learners do not see drafts"
    async with db.begin() as uow:
        assert (await publish_draft(uow, UUID(course))).course_id == UUID(course)
    [mine] = (await done(ada, "GET", "/courses"))["items"]
    assert (mine["id"], mine["role"], mine["published"], mine["changed"]) == (course, "owner", True, False)
    await done(ada, "DELETE", f"/courses/{course}/nodes/{exercise['id']}", seen="*")
    async with db.begin() as uow:
        with pytest.raises(CourseInvalid, match="the course has no exercise; the lesson is empty"):
            await publish_draft(uow, UUID(course))


async def test_strangers_find_nothing_and_reviewers_change_nothing(client: httpx.AsyncClient, db: Database) -> None:
    ada, bob, eve = [await person(client, db, name) for name in ("Ada", "Bob", "Eve")]
    root = await person(client, db, "Root", "admin")
    course = await began(ada)
    exercise = await lesson_of(ada, course)
    node = f"/courses/{course}/nodes/{exercise['id']}"
    async with db.begin() as uow:
        await authors.add(uow.session, UUID(course), bob.id, "reviewer")
    for path in (f"/courses/{course}", f"/courses/{course}/tree", f"/courses/{course}/problems", node):
        assert [(await send(who, "GET", path)).status_code for who in (bob, root, eve)] == [200, 200, 404], path
    change = {"kind": "exercise", "hints": ["a hint"]}
    assert [(await send(who, "PATCH", node, change, seen="*")).status_code for who in (bob, root, eve)] == [
        403,
        200,
        404,
    ]
    assert (await send(bob, "DELETE", f"/courses/{course}")).status_code == 403
    learner = await register(client, "Lea")
    assert (await send(learner, "POST", "/courses", COURSE)).status_code == 403
    other = await began(eve)
    assert (await send(eve, "GET", f"/courses/{other}/nodes/{exercise['id']}")).status_code == 404
    assert (await send(eve, "DELETE", f"/courses/{other}/nodes/{exercise['id']}", seen="*")).status_code == 404
    pairs = {(who.id, UUID(course)) for who in (ada, bob, root, eve)}
    assert await api.still_authors(db, pairs) == pairs - {(eve.id, UUID(course))}
    assert [each["id"] for each in (await done(eve, "GET", "/courses?everything=true"))["items"]] == [other]
    assert len((await done(root, "GET", "/courses?everything=true"))["items"]) == 2


async def test_who_changes_says_what_they_have_seen(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    exercise = await lesson_of(ada, course)
    path = f"/courses/{course}/nodes/{exercise['id']}"
    first = {"kind": "exercise", "explanation": "Uno is one."}
    ways: list[tuple[str, str, Body | None]] = [
        ("PATCH", path, first),
        ("PUT", path, TRANSLATE),
        ("DELETE", path, None),
        ("POST", f"{path}/move", {"parent_id": exercise["parent_id"]}),
        ("PATCH", f"/courses/{course}", {"title": "Other"}),
        ("PUT", f"/courses/{course}/order", {"parent_id": None, "order": []}),
        ("POST", f"/courses/{course}/edits", {"operations": [{"op": "delete", "id": exercise["id"]}]}),
    ]
    for method, where, body in ways:
        missing = await send(ada, method, where, body)
        assert (missing.status_code, missing.json()["code"]) == (428, "catalog.version_needed"), (method, where)
        for unknown in ('"77"', "nonsense", 'W/"1"'):
            stale = await send(ada, method, where, body, seen=unknown)
            assert (stale.status_code, stale.json()["code"]) == (412, "catalog.version_stale"), (method, where)
    changed = await done(ada, "PATCH", path, first, seen=exercise["etag"])
    late = await send(ada, "PATCH", path, {"kind": "exercise", "hints": ["h"]}, seen=exercise["etag"])
    assert (late.status_code, late.json()["etag"]) == (412, changed["etag"])
    # Another node's change, or a neighbour's new place, is none of this one.
    await add(ada, course, TRANSLATE, exercise["parent_id"])
    await done(ada, "POST", f"{path}/move", {"parent_id": exercise["parent_id"]}, seen=changed["etag"])
    again = await done(ada, "GET", path)
    assert (again["position"], again["node"]["explanation"], again["key"]) == (1, "Uno is one.", exercise["key"])
    fields = await done(ada, "GET", f"/courses/{course}")
    await done(ada, "PATCH", f"/courses/{course}", {"level": "A1", "tags": ["numbers"]}, seen=fields["etag"])
    assert (await document(db, course)).level == "A1"


async def test_what_is_wrong_is_told_by_its_field(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada, slug="numbers")
    exercise = await lesson_of(ada, course)
    path = f"/courses/{course}/nodes"
    wrong: list[tuple[str, str, Body, int, str]] = [
        ("POST", "/courses", COURSE | {"slug": "numbers"}, 409, "slug"),
        ("POST", "/courses", COURSE | {"slug": "Not One"}, 400, "slug: "),
        ("POST", "/courses", COURSE | {"level": "Z9"}, 400, "level: "),
        ("POST", path, {"node": {"kind": "section", "title": ""}}, 400, "node.title: "),
        ("POST", path, {"node": {"kind": "section", "title": "a\0b"}}, 400, "NUL"),
        ("POST", path, {"node": {"kind": "section", "title": "\\u0000"}}, 201, "u0000"),
        ("PATCH", f"/courses/{course}", {"special_characters": [""]}, 400, "special_characters[0]: "),
        ("POST", path, {"node": {"kind": "unit", "title": "U"}}, 400, "a unit stands in a section"),
        ("POST", path, {"node": TRANSLATE, "parent_id": exercise["id"]}, 400, "stands in a lesson, not in a exercise"),
        ("POST", path, {"node": TRANSLATE, "parent_id": str(uuid4())}, 404, "catalog.node_not_found"),
        ("PATCH", f"{path}/{exercise['id']}", {"kind": "lesson", "title": "L"}, 400, "this node is a exercise"),
        ("PUT", f"{path}/{exercise['id']}", TRANSLATE | {"hints": ["a", 1]}, 400, "hints[1]: "),
        (
            "PUT",
            f"{path}/{exercise['id']}",
            {"kind": "exercise", "content": TRANSLATE["content"] | {"accepted": ["one", " "]}},
            400,
            "content: ",
        ),
    ]
    for method, where, body, status, told in wrong:
        answer = await send(ada, method, where, body, seen="*")
        assert answer.status_code == status, (where, body, answer.text)
        assert told in answer.text, (told, answer.text)


async def test_many_edits_are_one_or_none(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    exercise = await lesson_of(ada, course)
    lesson = exercise["parent_id"]
    tree = (await done(ada, "GET", f"/courses/{course}/tree"))["etag"]
    bad = [
        {"op": "patch", "id": exercise["id"], "node": {"kind": "exercise", "hints": ["lost"]}},
        {"op": "move", "id": exercise["id"], "parent_id": str(uuid4())},
    ]
    refused = await send(ada, "POST", f"/courses/{course}/edits", {"operations": bad}, seen=tree)
    assert (refused.status_code, refused.json()["operation"]) == (404, 1)
    assert refused.json()["detail"].startswith("operations[1]: ")
    typed = await send(
        ada, "POST", f"/courses/{course}/edits", {"operations": [bad[0], {"op": "delete", "id": "x"}]}, seen=tree
    )
    assert "operations[1].id: " in typed.text
    assert (await done(ada, "GET", f"/courses/{course}/tree"))["etag"] == tree
    good = [
        {"op": "create", "ref": "new", "node": {"kind": "lesson", "title": "Two"}, "parent_id": None},
        {"op": "duplicate", "id": exercise["id"]},
        {"op": "move", "id": exercise["id"], "parent_ref": "new"},
        {"op": "patch", "id": exercise["id"], "node": {"kind": "exercise", "hints": ["kept"]}},
        {"op": "create", "node": TRANSLATE, "parent_ref": "new", "position": 0, "key": "from/elsewhere"},
    ]
    good[0]["parent_id"] = (await done(ada, "GET", f"/courses/{course}/nodes/{lesson}"))["parent_id"]
    result = await send(ada, "POST", f"/courses/{course}/edits", {"operations": good}, seen=tree, key="once")
    again = await send(ada, "POST", f"/courses/{course}/edits", {"operations": good}, seen=tree, key="once")
    assert result.status_code == 200, result.text
    assert again.json() == result.json()
    found = await document(db, course)
    first, second = found.lessons()
    assert [len(first.exercises), len(second.exercises)] == [1, 2]
    assert [each.key for each in second.exercises] == ["from/elsewhere", exercise["key"]]
    assert second.exercises[1].hints == ("kept",)
    assert first.exercises[0].key not in {each.key for each in second.exercises}
    assert first.exercises[0].hints == (), "a copy of what it was then"


async def test_deleting_is_taken_back_and_copies_are_nodes_of_their_own(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, small_course())
    course = f"/courses/{content.course_id}"
    before = await document(db, content.course_id)
    assert encode(before) == encode(content.course)
    unit = content.node_ids["unit", "s/u"]
    copy = await done(ada, "POST", f"{course}/nodes/{unit}/duplicate", {})
    both = await document(db, content.course_id)
    one, two = both.units()
    assert [each.content for lesson in one.lessons for each in lesson.exercises] == [
        each.content for lesson in two.lessons for each in lesson.exercises
    ]
    assert not {each.key for each in one.lessons} & {each.key for each in two.lessons}
    await done(ada, "DELETE", f"{course}/nodes/{copy['id']}", seen=copy["etag"])
    assert (await send(ada, "GET", f"{course}/nodes/{copy['id']}")).status_code == 404
    assert await document(db, content.course_id) == before
    [gone] = (await done(ada, "GET", f"{course}/deleted"))["items"]
    assert (gone["id"], gone["kind"], gone["deleted_by"]) == (copy["id"], "unit", str(ada.id))
    await done(ada, "POST", f"{course}/nodes/{copy['id']}/restore")
    assert await document(db, content.course_id) == both
    assert (await send(ada, "DELETE", course)).json()["code"] == "catalog.published_stays"
    fresh = await began(ada)
    assert (await send(ada, "DELETE", f"/courses/{fresh}")).status_code == 204
    assert (await send(ada, "GET", f"/courses/{fresh}")).status_code == 404


async def test_nodes_keep_their_ids_from_draft_to_learners_and_back(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    course = f"/courses/{content.course_id}"
    lesson = content.node_ids["lesson", "l0"]
    node = await done(ada, "GET", f"{course}/nodes/{lesson}")
    await done(ada, "DELETE", f"{course}/nodes/{lesson}", seen=node["etag"])
    async with db.begin() as uow:
        await publish_draft(uow, content.course_id)
        assert not (await drafts.opened(uow, content.course_id)).in_progress
    assert (await done(ada, "GET", f"{course}/deleted"))["items"] == []
    unit = str(content.node_ids["unit", "s/u"])
    body = {"node": {"kind": "lesson", "title": "Back"}, "parent_id": unit, "key": "l0"}
    again = await done(ada, "POST", f"{course}/nodes", body)
    assert again["id"] == str(lesson), "what learners did there is theirs again"
    assert (await send(ada, "POST", f"{course}/nodes", body)).json()["code"] == "catalog.key_taken"


async def test_an_accepted_answer_is_in_the_draft_too(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    course = f"/courses/{content.course_id}"
    ids = content.node_ids
    asked = [ids["exercise", f"l{number}/translate"] for number in (0, 1)]

    async def accept(exercise: UUID, answer: bytes) -> api.AcceptedAnswer:
        async with db.begin() as uow:
            return await api.accept_answer(uow, content, exercise, answer, None)

    await done(ada, "GET", f"{course}/tree")
    await accept(asked[0], b'"a duck"')
    async with db.begin() as uow:
        assert not (await drafts.opened(uow, content.course_id)).in_progress, "it says what is published"
    for exercise, text in zip(asked, ("el pato", "el perro"), strict=True):
        new = {"kind": "translate", "text": text, "language": "es", "answer_language": "en", "accepted": ["mine"]}
        patch = {"kind": "exercise", "content": new, "hints": ["h"]}
        await done(ada, "PATCH", f"{course}/nodes/{exercise}", patch, seen="*")
    for exercise in asked:
        await accept(exercise, b'"the drake"')
    found = await document(db, content.course_id)
    same, other = (each for each in found.exercises() if each.key.endswith("translate"))
    assert same.content == Translate("el pato", "es", "en", ("mine", "the drake")), "both are kept"
    assert same.hints == ("h",)
    assert other.content == Translate("el perro", "es", "en", ("mine",)), "it asks for something else now"
    async with db.begin() as uow:
        now = await publish_draft(uow, content.course_id)
    latest = await api.revision(db, now.revision_id)
    assert api.check(latest.exercises[asked[0]], b'"the drake"', latest.lexicon).correct


async def test_what_is_imported_replaces_a_draft_in_progress_only_where_that_is_wanted(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, small_course())
    course = f"/courses/{content.course_id}"
    first = await done(ada, "GET", f"{course}/tree")
    wider = replace(small_course(lessons=3), title="From a file")
    async with db.begin() as uow:
        await api.publish(uow, wider)
    assert await document(db, content.course_id) == wider, "a draft that nobody has touched follows"
    lesson = content.node_ids["lesson", "l0"]
    await done(ada, "PATCH", f"{course}/nodes/{lesson}", {"kind": "lesson", "title": "Mine"}, seen="*")
    async with db.begin() as uow:
        with pytest.raises(DraftInProgress):
            await api.publish(uow, small_course())
        assert not (await api.publish(uow, wider)).changed, "nothing new is nothing lost"
    mine = await document(db, content.course_id)
    assert next(mine.lessons()).title == "Mine"
    async with db.begin() as uow:
        await api.publish(uow, small_course(), draft="replace")
    assert await document(db, content.course_id) == small_course()
    assert (await done(ada, "GET", f"{course}/tree"))["version"] > first["version"] + 2, "old ETags stay old"


async def test_a_draft_is_begun_once_and_its_children_come_in_pages(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, small_course(lessons=5))
    course = f"/courses/{content.course_id}"
    trees = await asyncio.gather(*(done(ada, "GET", f"{course}/tree") for _ in range(4)))
    assert [tree == trees[0] for tree in trees] == [True] * 4
    unit, cursor = content.node_ids["unit", "s/u"], ""
    seen: list[str] = []
    while cursor is not None:
        page = await done(ada, "GET", f"{course}/children?parent_id={unit}&limit=4{cursor and f'&cursor={cursor}'}")
        seen += [each["node"]["title"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [*(f"Lesson {number}" for number in range(5)), "Read"]


async def test_of_two_who_change_the_same_node_at_once_one_is_told(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    exercise = await lesson_of(ada, course)
    path = f"/courses/{course}/nodes/{exercise['id']}"
    patches = [{"kind": "exercise", "hints": [f"hint {number}"]} for number in range(4)]
    answers = await asyncio.gather(*(send(ada, "PATCH", path, patch, seen=exercise["etag"]) for patch in patches))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    others = await asyncio.gather(*(add(ada, course, TRANSLATE, exercise["parent_id"]) for _ in range(4)))
    assert sorted(each["position"] for each in others) == [1, 2, 3, 4]


async def test_files_of_a_draft_stay_and_missing_ones_are_told(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    exercise = await lesson_of(ada, course)
    there = await media.put(db, picture(), name="uno.png", owner=ada.id)
    missing = f"sha256:{'0' * 64}"
    path = f"/courses/{course}/nodes/{exercise['id']}"

    async def shown(image: str | None) -> list[str]:
        patch = {"kind": "exercise", "image": image and {"media": image, "alt": "One"}}
        await done(ada, "PATCH", path, patch, seen="*")
        return [each["message"] for each in (await done(ada, "GET", f"/courses/{course}/problems"))["items"]]

    async def held() -> set[str]:
        rows = await db.fetch("SELECT holder, encode(sha256, 'hex') AS digest FROM media_use")
        return {f"{row['holder'].partition(':')[0]} sha256:{row['digest']}" for row in rows}

    assert await shown(missing) == ["the file sha256:000000000000… is not there, or not public"]
    assert await shown(there) == []
    assert await held() == {f"draft {there}"}
    async with db.begin() as uow:
        await publish_draft(uow, UUID(course))
    await shown(None)
    async with db.begin() as uow:
        await publish_draft(uow, UUID(course))
    assert await held() == {f"revision {there}"}, "the old revision may be what learners get again"
    await began(ada, image={"media": there, "alt": "One"})
    assert await held() == {f"revision {there}", f"draft {there}"}, "the cover that a course begins with"


async def test_words_that_nobody_knows_are_told_and_keep_nothing_back(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada, prerequisites=["nowhere"], categories=["nocat"], skills=[{"key": "a", "title": "A"}])
    exercise = await lesson_of(ada, course)
    patch = {"kind": "exercise", "skills": ["a", "nope"]}
    await done(ada, "PATCH", f"/courses/{course}/nodes/{exercise['id']}", patch, seen="*")
    told = (await done(ada, "GET", f"/courses/{course}/problems"))["items"]
    assert [(each["severity"], each["node_id"]) for each in told] == [
        ("note", exercise["id"]),
        ("note", None),
        ("note", None),
    ]
    assert [each["message"].split("`")[1] for each in told] == ["nope", "nocat", "nowhere"]
    assert (await done(ada, "POST", f"/courses/{course}/publish", {}, seen="*"))["number"] == 1


async def test_of_two_accounts_that_become_one_the_larger_part_in_a_course_stays(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada, guest = await person(client, db, "Ada"), await person(client, db, "Guest")
    courses = [UUID(await began(guest)) for _ in range(2)]
    third = UUID(await began(ada))
    async with db.begin() as uow:
        await authors.add(uow.session, courses[0], ada.id, "editor")
        await authors.add(uow.session, third, guest.id, "reviewer")
        await authors.merge(uow.session, guest.id, ada.id)
        assert [await authors.role(uow.session, each, ada.id) for each in (*courses, third)] == ["owner"] * 3
        assert await authors.role(uow.session, third, guest.id) is None
        await authors.forget(uow.session, ada.id)
    answers = [await send(ada, "GET", f"/courses/{each}") for each in courses]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_editing_publishing_and_accepting_at_once_wait_for_each_other_and_lose_nothing(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    course = f"/courses/{content.course_id}"
    asked, other = (content.node_ids["exercise", f"l{number}/translate"] for number in (0, 1))
    await done(ada, "GET", f"{course}/tree")

    async def accept(word: str) -> None:
        async with db.begin() as uow:
            await api.accept_answer(uow, content, asked, f'"the {word}"'.encode(), None)

    async def release() -> None:
        async with db.begin() as uow:
            await publish_draft(uow, content.course_id)

    async def hint(text: str) -> None:
        await done(ada, "PATCH", f"{course}/nodes/{other}", {"kind": "exercise", "explanation": text}, seen="*")

    words = ("drake", "bird", "fowl")
    await asyncio.gather(*(act for word in words for act in (accept(word), release(), hint(word))))
    await release()
    now = await api.published_course(db, content.course_id)
    assert all(api.check(now.exercises[asked], f'"the {word}"'.encode(), now.lexicon).correct for word in words)
    assert next(each for each in now.course.exercises() if each.key == "l1/translate").explanation in words
