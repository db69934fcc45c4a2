"""Editors of exercises: every kind tells what it is made of, and what is written is asked and graded on the spot."""

from typing import Any

import httpx
import msgspec

from domains.catalog.controllers.trying import _tried
from domains.catalog.kinds import KINDS
from domains.catalog.schemas.trying import TriedOut, TryIn
from domains.kernel.uow import Database
from factories.authors import TRANSLATE, began, done, person, send


def tried(content: dict[str, Any], answer: Any = None) -> TriedOut:
    return _tried(TryIn(content, answer))


def test_every_kinds_example_is_asked_and_its_right_answer_graded_so() -> None:
    for name, kind in KINDS.items():
        content = {"kind": name, **kind.languages("es", "en"), **kind.example}
        found = tried(content, kind.example_answer)
        assert found.grade is not None, found.message or found.answer_message
        assert found.grade.correct or not kind.graded, name
        msgspec.json.encode(found)


def test_what_is_no_exercise_yet_is_told_by_its_field() -> None:
    cloze = {"kind": "cloze", "text": "Me ___", "language": "es"}
    speech = {"kind": "dialogue", "language": "es", "cue_language": "en"}
    choice = {"kind": "multiple_choice", "text": "?", "language": "es", "option_language": "en"}
    cases: list[tuple[dict[str, Any], str]] = [
        (cloze, "gaps"),
        (cloze | {"gaps": [["a"], ["b"]]}, "text"),
        (cloze | {"gaps": [["a"]], "text": 3}, "text"),
        (choice | {"options": ["a", ""], "answer": "a"}, "options[1]"),
        (speech | {"turns": [{"text": "¿Qué tal?"}, {"accepted": ["a"], "options": 1}]}, "turns[1].options"),
    ]
    for content, field in cases:
        found = tried(content)
        assert found.prompt is None
        assert found.message
        assert found.field == field


async def test_authors_try_what_they_write_and_nobody_else_does(client: httpx.AsyncClient, db: Database) -> None:
    ada, eve = [await person(client, db, name) for name in ("Ada", "Eve")]
    course = await began(ada)
    kinds = await done(ada, "GET", "/kinds")
    assert {each["kind"] for each in kinds["items"]} == set(KINDS)
    assert all(each["definition"] in kinds["definitions"] for each in kinds["items"])
    wish = {"content": TRANSLATE["content"], "answer": "oen"}
    found = await done(ada, "POST", f"/courses/{course}/try", wish)
    assert (found["prompt"]["text"], found["grade"]["expected"]) == ("uno", "one")
    assert (await done(ada, "POST", f"/courses/{course}/try", wish | {"answer": 3}))["answer_message"]
    assert (await send(eve, "POST", f"/courses/{course}/try", wish)).status_code == 404
