import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app.infra import Infra
from domains.catalog.api import RevisionContent
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from factories.people import Learner, publish, register, right_answer, small_course


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
def lesson_id(course: RevisionContent) -> Any:
    return next(iter(course.lessons))


@pytest.fixture
async def statements(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """What transactions say to PostgreSQL."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(" ".join(statement.split()))

    by_the_driver = UnitOfWork.fetch

    async def fetch(uow: UnitOfWork, statement: str, *values: Any) -> list[Any]:
        said.append(" ".join(statement.split()))
        return await by_the_driver(uow, statement, *values)

    monkeypatch.setattr(UnitOfWork, "fetch", fetch)
    event.listen(infra.db.engine.sync_engine, "before_cursor_execute", listen)
    yield said
    event.remove(infra.db.engine.sync_engine, "before_cursor_execute", listen)


async def all_answered(learner: Learner, lesson_id: Any) -> dict[str, Any]:
    session = await learner.begin(lesson_id)
    for exercise in session["exercises"]:
        await learner.answer(session, exercise, right_answer(exercise))
    return session


async def test_completing_shows_xp_streak_and_league(ada: Learner, lesson_id: Any) -> None:
    first = await ada.finish(lesson_id)
    board = (await ada.get("/leaderboards/current")).json()
    assert first == {
        "xp_earned": 20,
        "xp_total": 20,
        "streak": 1,
        "league": {"id": board["id"], "rank": 1},
        "lesson_completed": True,
        "lessons_skipped": 0,
        "day_xp": 20,
        "boost": 1,
    }
    assert (board["tier"], board["version"]) == (1, 1)
    assert board["entries"] == [{"rank": 1, "user_id": str(ada.id), "name": "Ada", "xp": 20, "zone": "stay"}]
    assert board["you"] == str(ada.id)
    again = await ada.finish(lesson_id, wrong=1)
    assert (again["xp_earned"], again["xp_total"]) == (5, 25)


async def test_who_takes_part_unseen_is_found_on_the_board_by_nobody_else(
    client: httpx.AsyncClient, ada: Learner, lesson_id: Any
) -> None:
    eve = await register(client, "Eve")
    for who in (ada, eve):
        league = (await who.finish(lesson_id))["league"]
    hide = {"leagues_hidden": True}
    assert (await ada.http.patch("/api/v1/profile/preferences", json=hide, headers=ada.headers)).status_code == 200
    mine, hers = [(await who.get(f"/leaderboards/{league['id']}")).json() for who in (ada, eve)]
    assert mine["entries"] == hers["entries"]
    assert [entry["name"] for entry in mine["entries"]] == ["", "Eve"]
    assert [entry["user_id"] for entry in mine["entries"]] == [mine["you"], hers["you"]]
    assert mine["you"] != str(ada.id)
    assert hers["you"] == str(eve.id)
    assert str(ada.id) not in str(hers)
    for path in ("people/{}", "people/{}/badges"):
        answer = await eve.get(f"/{path.format(mine['you'])}")
        assert (answer.status_code, answer.json()["code"]) == (404, "profiles.person_not_found")


async def test_completing_many_times_at_once_and_later_gives_the_same_bytes(ada: Learner, lesson_id: Any) -> None:
    session = await all_answered(ada, lesson_id)
    path = f"/sessions/{session['id']}/complete"
    answers = await asyncio.gather(*(ada.post(path) for _ in range(10)))
    await ada.finish(lesson_id)
    answers.append(await ada.post(path))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


async def test_a_session_with_open_exercises_or_of_somebody_else_pays_nothing(
    client: httpx.AsyncClient, db: Database, ada: Learner, lesson_id: Any
) -> None:
    session = await ada.begin(lesson_id)
    assert (await ada.post(f"/sessions/{session['id']}/complete")).status_code == 409
    stranger = await register(client, "Eve")
    done = await all_answered(ada, lesson_id)
    assert (await stranger.post(f"/sessions/{done['id']}/complete")).status_code == 404
    assert await db.fetch("SELECT 1 FROM gamification_xp_entry") == []


async def test_there_is_no_league_before_the_first_xp_and_others_leagues_look_missing(
    client: httpx.AsyncClient, ada: Learner, lesson_id: Any
) -> None:
    none_yet = await ada.get("/leaderboards/current")
    assert (none_yet.status_code, none_yet.json()["code"]) == (404, "gamification.no_league")
    or_null = await ada.get("/leaderboards/current?or_null=true")
    assert (or_null.status_code, or_null.json()) == (200, None)
    league_id = (await ada.finish(lesson_id))["league"]["id"]
    assert (await ada.get("/leaderboards/current?or_null=true")).json()["id"] == league_id
    assert (await ada.get(f"/leaderboards/{league_id}")).status_code == 200
    stranger = await register(client, "Eve")
    hidden, missing = await stranger.get(f"/leaderboards/{league_id}"), await stranger.get(f"/leaderboards/{new_id()}")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["code"] == missing.json()["code"] == "gamification.league_not_found"


async def test_rewards_take_four_statements_of_a_repeated_completion(
    ada: Learner, lesson_id: Any, statements: list[str]
) -> None:
    await ada.finish(lesson_id)
    session = await all_answered(ada, lesson_id)
    statements.clear()
    await ada.post(f"/sessions/{session['id']}/complete")
    ours = [said for said in statements if "gamification_" in said or "time_zone" in said]
    assert len(ours) == 4
    # Learning's three, and one for the outbox.
    assert len(statements) == 8
