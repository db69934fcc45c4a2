"""Achievements that learners are given: once each, dated, with what goes with them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from conftest import Crank
from domains.catalog.api import RevisionContent
from domains.gamification.events import AchievementAwarded, LessonRewarded, QuestClaimed
from domains.gamification.repository import achievements as repository
from domains.gamification.repository.gems import Payment
from domains.gamification.service import achievements, gems
from domains.gamification.service.achievements import Occasion
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.kernel.zones import local_date
from domains.profiles.repository import profiles as profiles_repository
from factories.people import Learner, publish, register, small_course
from factories.rewards import Complete, NewLearner
from factories.social import befriend, call, ok, outcome

SATURDAY = datetime(2026, 11, 14, 6, 30, tzinfo=UTC)


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course(lessons=1))


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Bob")


async def mine(learner: Learner) -> dict[str, Any]:
    found = await ok(learner, "GET", "/achievements")
    return {item["id"]: item for item in found["items"]}


async def three_days(complete: Complete, user_id: UUID) -> LessonRewarded:
    """Enough for an achievement about streaks."""
    facts = [await complete(user_id, at=SATURDAY + timedelta(days=days)) for days in range(3)]
    assert facts[-1] is not None
    return facts[-1]


async def test_a_first_lesson_is_dated_paid_told_and_seen_by_friends_once(
    db: Database, crank: Crank, course: RevisionContent, ada: Learner, bob: Learner
) -> None:
    await befriend(ada, bob)
    before = await mine(ada)
    await ada.finish(next(iter(course.lessons)))
    await crank.jobs()
    after = await mine(ada)
    first = after["first_steps"]
    assert (before["first_steps"]["level"], first["level"], first["value"], first["gems"]) == (0, 1, 1, 0)
    [award] = first["awards"]
    assert (award["level"], award["gems"], award["local_on"]) == (1, 5, award["awarded_at"][:10])
    assert (before["scholar"]["locked"], after["scholar"]["locked"]) == (True, False)
    reached = sorted((id_, item["title"]) for id_, item in after.items() if item["level"])
    assert [id_ for id_, _ in reached] == ["first_steps", "good_company"]
    told = [item for item in (await ok(ada, "GET", "/notifications"))["items"] if item["kind"] == "achievement"]
    assert sorted(item["title"] for item in told) == [f"Achievement: {title}" for _, title in reached]
    assert "Complete your first lesson." in {item["body"] for item in told}
    seen = [item for item in (await ok(bob, "GET", "/feed"))["items"] if item["kind"] == "achievement_reached"]
    hers = [item for item in seen if item["person"]["user_id"] == str(ada.id)]
    assert sorted((item["achievement"], item["level"]) for item in hers) == [(id_, 1) for id_, _ in reached]
    paid = await db.fetch("SELECT sum(amount) AS gems FROM gamification_gem_entry WHERE user_id = $1", ada.id)
    assert paid[0]["gems"] == 10


async def test_two_jobs_at_once_give_an_award_once(db: Database, new_learner: NewLearner, complete: Complete) -> None:
    ada = await new_learner()
    fact = await three_days(complete, ada)

    async def job() -> int:
        async with db.begin() as uow:
            await achievements.award(uow, [Occasion.of(fact)])
            return len(uow.facts)

    counts = await asyncio.gather(*(job() for _ in range(4)))
    rows = await db.fetch("SELECT achievement FROM gamification_achievement WHERE user_id = $1", ada)
    assert len([count for count in counts if count]) == 1
    assert len(rows) == len({row["achievement"] for row in rows}) > 0


async def learners(new_learner: NewLearner, *zones: str) -> list[UUID]:
    return [await new_learner(time_zone=zone) for zone in zones]


async def test_the_logs_say_how_many_days_hours_and_weekends(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    """Saturday, 06:30 in UTC: early in Madrid, late in Los Angeles, neither in Tokyo, and no hour in a zone that
    PostgreSQL does not know."""
    people = await learners(new_learner, "Europe/Madrid", "America/Los_Angeles", "Asia/Tokyo", "UTC")
    for user_id in people:
        for days in (0, 0, 1, 7):
            await complete(user_id, at=SATURDAY + timedelta(days=days))
    lost = people[-1]
    async with db.begin() as uow:
        await repository.practised(uow, [lost])
        repository._zones[db] = [zone for zone in repository._zones[db] if zone != "UTC"]
        found = await repository.practised(uow, people)
        del repository._zones[db]
    hours = [(found[id_].early_lessons, found[id_].late_lessons) for id_ in people]
    assert hours == [(4, 0), (0, 4), (0, 0), (0, 0)]
    weekends = [(found[id_].practice_days, found[id_].weekends) for id_ in people]
    # On Friday night in Los Angeles, on Saturday morning elsewhere.
    assert weekends == [(3, 2), (3, 1), (3, 2), (3, 2)]
    assert {found[id_].practices for id_ in people} == {0}


async def test_a_week_is_won_against_four_others_at_least_and_quests_count_once_they_paid(
    db: Database, new_learner: NewLearner
) -> None:
    people = await learners(new_learner, *["UTC"] * 5)
    for week, size in enumerate((4, 5)):
        league_id, monday = new_id(), SATURDAY.date() + timedelta(days=2 + 7 * week)
        await db.fetch(
            "INSERT INTO gamification_league (id, week_on, tier, number) VALUES ($1, $2, 3, 1)", league_id, monday
        )
        await db.fetch(
            "INSERT INTO gamification_league_member (league_id, user_id, week_on, xp, entries, last_xp_at, final_rank)"
            " SELECT $1, p.id, $2, 10, 1, now(), p.place FROM unnest($3::uuid[]) WITH ORDINALITY AS p (id, place)",
            league_id, monday, people[:size],
        )  # fmt: skip
    async with db.begin() as uow:
        due = [("quest:a", 5), ("quest:b", 5), ("badge:2026-11", 5)]
        await gems.earn_many(uow, [Payment(people[1], cause, amount) for cause, amount in due])
        found = await repository.sums(uow, people)
    assert [found[id_].league_wins for id_ in people] == [1, 0, 0, 0, 0]
    assert [found[id_].quests for id_ in people] == [0, 2, 0, 0, 0]
    assert {found[id_].league_tier for id_ in people} == {3}


async def test_many_learners_are_looked_at_in_as_few_statements_as_one(
    db: Database, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = [await three_days(complete, user_id) for user_id in await learners(new_learner, *["UTC"] * 6)]
    said: list[str] = []
    by_the_driver = UnitOfWork.fetch

    async def fetch(uow: UnitOfWork, statement: str, *values: Any) -> list[Any]:
        said.append(statement)
        return await by_the_driver(uow, statement, *values)

    counts = []
    async with db.begin() as uow:
        await repository.practised(uow, [facts[0].user_id])
    monkeypatch.setattr(UnitOfWork, "fetch", fetch)
    for some in (facts[:1], facts[1:]):
        del said[:]
        async with db.begin() as uow:
            await achievements.award(uow, [Occasion.of(fact) for fact in some])
            awarded = [fact for fact in uow.facts if isinstance(fact, AchievementAwarded)]
        assert {fact.user_id for fact in awarded} == {fact.user_id for fact in some}
        counts.append(len(said))
    assert counts[0] == counts[1] <= 9


async def test_who_has_switched_streaks_off_is_given_none_for_them_until_they_want_them_again(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ada = await new_learner()
    await db.fetch("INSERT INTO profiles_profile (user_id) VALUES ($1)", ada)
    fact = await three_days(complete, ada)
    for wanted in (False, True):
        async with db.begin() as uow:
            await profiles_repository.change(uow.session, ada, {"streaks": wanted})
            shown = await achievements.listed(uow, ada)
            assert ("wildfire" in {item.id for item in shown.items}) == wanted
            await achievements.award(uow, [Occasion.of(fact)])
            given = {fact.achievement for fact in uow.facts if isinstance(fact, AchievementAwarded)}
        assert ("wildfire" in given) == wanted


async def test_secrets_are_counted_before_and_named_after_and_told_to_nobody_who_has_none(
    db: Database, course: RevisionContent, ada: Learner, bob: Learner
) -> None:
    await befriend(ada, bob)
    before = await ok(ada, "GET", "/achievements")
    assert before["secrets"] == 3
    assert not {"early_bird", "night_owl"} & {item["id"] for item in before["items"]}
    await give(db, ada.id, "early_bird", 1)
    await give(db, ada.id, "first_steps", 1)
    await give(db, ada.id, "gone", 1)
    after = await ok(ada, "GET", "/achievements")
    assert (after["secrets"], "early_bird" in {item["id"] for item in after["items"]}) == (2, True)
    path = f"/people/{ada.id}/badges"
    assert [badge["id"] for badge in await ok(bob, "GET", path)] == ["first_steps"]
    assert {badge["id"] for badge in await ok(ada, "GET", path)} == {"first_steps", "early_bird"}


async def test_badges_are_for_those_who_see_the_profile(
    db: Database, client: httpx.AsyncClient, ada: Learner, bob: Learner
) -> None:
    await give(db, ada.id, "scholar", 1)
    await give(db, ada.id, "scholar", 2)
    path = f"/people/{ada.id}/badges"
    assert await ok(bob, "GET", path) == []
    await befriend(ada, bob)
    async with db.begin() as uow:
        await gems.earn(uow, ada.id, 100, "badge:2026-10")
    month, badge = await ok(bob, "GET", path)
    assert (badge["level"], badge["text"], badge["month"]) == (2, "Complete 50 different lessons.", None)
    assert (month["id"], month["text"], month["month"]) == (
        "month:2026-10", "Complete 30 daily quests in one month.", "2026-10",
    )  # fmt: skip
    await ok(ada, "PATCH", "/profile", {"visibility": "private"})
    assert outcome(await call(bob, "GET", path)) == (404, "profiles.person_not_found")


async def test_a_friend_and_a_quest_count_when_they_come_and_no_practice_is_waited_for(
    db: Database, crank: Crank, ada: Learner, bob: Learner
) -> None:
    await db.fetch("UPDATE identity_user SET time_zone = 'Pacific/Kiritimati' WHERE id = $1", ada.id)
    await befriend(ada, bob)
    async with db.begin() as uow:
        await gems.earn_many(uow, [Payment(bob.id, f"quest:{place}", 5) for place in range(5)])
        uow.record(QuestClaimed(user_id=bob.id, key="quest:4", gems=5))
    await crank.jobs()
    rows = await db.fetch(
        "SELECT user_id, achievement, awarded_at, local_on FROM gamification_achievement ORDER BY 1, 2"
    )
    assert [tuple(row)[:2] for row in rows] == [
        (ada.id, "good_company"), (bob.id, "adventurer"), (bob.id, "good_company"),
    ]  # fmt: skip
    assert rows[0]["local_on"] == local_date(rows[0]["awarded_at"], "Pacific/Kiritimati")


async def give(db: Database, user_id: UUID, achievement: str, level: int) -> None:
    async with db.begin() as uow:
        award = repository.Award(user_id, achievement, level, 1, 0, SATURDAY, None)
        assert await repository.add(uow, [award]) == [award]
        assert await repository.add(uow, [award]) == []


async def test_of_two_accounts_that_become_one_the_earlier_date_stays(db: Database, new_learner: NewLearner) -> None:
    old, new = await learners(new_learner, "UTC", "UTC")
    await give(db, new, "scholar", 1)
    async with db.begin() as uow:
        earlier = repository.Award(old, "scholar", 1, 1, 0, SATURDAY - timedelta(days=9), None)
        other = repository.Award(old, "sage", 1, 1, 0, SATURDAY, None)
        await repository.add(uow, [earlier, other])
        await repository.move(uow, old, new)
        found = await repository.awards(uow, new)
        assert await repository.awards(uow, old) == []
    assert [(award.achievement, award.awarded_at) for award in found] == [
        ("sage", SATURDAY),
        ("scholar", SATURDAY - timedelta(days=9)),
    ]
