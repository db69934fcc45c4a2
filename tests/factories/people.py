"""Learners with a token, and a small course for them to learn."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from domains.catalog import api as catalog
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.kinds import MatchPairs, MultipleChoice, Translate, WordBank
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

PASSWORD = "a long enough secret 42"


@dataclass(frozen=True)
class Learner:
    """Somebody with an account; the methods call the API as a client would."""

    id: UUID
    name: str
    token: str
    http: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"/api/v1{path}", headers=self.headers)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        # ASCII with escapes, so that text which is no Unicode can be sent too.
        content = None if body is None else json.dumps(body)
        return await self.http.post(f"/api/v1{path}", content=content, headers=headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def begin(self, lesson_id: UUID | str) -> dict[str, Any]:
        answer = await self.post(f"/lessons/{lesson_id}/sessions", {})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def answer(self, session: dict[str, Any], exercise: dict[str, Any], answer: Any, key: str = "") -> Any:
        body = {"exercise_id": exercise["id"], "answer": answer, "elapsed_ms": 1200}
        return await self.post(f"/sessions/{session['id']}/answers", body, key=key or new_id().hex)

    async def finish(self, lesson_id: UUID | str, *, wrong: int = 0) -> dict[str, Any]:
        """Takes the lesson with so many wrong answers, and returns what completing it answered."""
        session = await self.begin(lesson_id)
        for place, exercise in enumerate(session["exercises"]):
            given = await self.answer(session, exercise, right_answer(exercise, wrong=place < wrong))
            assert given.status_code == 200, given.text
        completed = await self.post(f"/sessions/{session['id']}/complete")
        assert completed.status_code == 200, completed.text
        found: dict[str, Any] = completed.json()
        return found


async def register(http: httpx.AsyncClient, name: str = "Ada", **fields: str) -> Learner:
    body = {"email": f"{new_id().hex}@example.org", "name": name, "password": PASSWORD, **fields}
    answer = await http.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    return Learner(UUID(found["user"]["id"]), name, found["access_token"], http)


WORDS = {"el gato": "the cat", "el pato": "the duck", "la casa": "the house"}


def small_course(slug: str = "small", *, lessons: int = 2) -> Course:
    """Lessons of four exercises, one of each kind, and a last lesson that is only read."""
    unit = Unit("s/u", "Animals", (*map(_lesson, range(lessons)), Lesson("read", "Read", ())))
    return Course(
        slug,
        "A small course",
        "en",
        "es",
        (Section("s", "Start", (unit,)),),
    )


def _lesson(number: int) -> Lesson:
    def exercise(name: str, content: catalog.Content) -> Exercise:
        return Exercise(f"l{number}/{name}", content)

    return Lesson(
        f"l{number}",
        f"Lesson {number}",
        (
            exercise("choose", MultipleChoice("the cat", "en", "es", ("el gato", "el pato"), "el gato")),
            exercise("translate", Translate("el pato", "es", "en", ("the duck",))),
            exercise("build", WordBank("the house", "en", "es", ("la casa",), ("la", "casa", "gato"))),
            exercise("match", MatchPairs("es", "en", tuple(WORDS.items()))),
        ),
    )


def right_answer(exercise: dict[str, Any], *, wrong: bool = False) -> Any:
    """The answer to an exercise of the small course."""
    prompt = exercise["prompt"]
    match exercise["kind"]:
        case "multiple_choice":
            wanted = "el pato" if wrong else "el gato"
            return next(option["id"] for option in prompt["options"] if option["text"] == wanted)
        case "translate":
            return "the spoon" if wrong else "the duck"
        case "word_bank":
            return ["gato"] if wrong else ["la", "casa"]
        case "match_pairs":
            right = list(WORDS.values())
            return [list(pair) for pair in zip(WORDS, right[1:] + right[:1] if wrong else right, strict=True)]
    raise ValueError(exercise["kind"])


async def publish(db: Database, course: Course) -> catalog.RevisionContent:
    async with db.begin() as uow:
        published = await catalog.publish(uow, course)
    return await catalog.revision(db, published.revision_id)
