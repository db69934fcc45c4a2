"""Guests: a device stands for them; what they earn stays theirs when they get a way in, or join an account."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.asgi import Parts
from domains.billing.models import EntitlementRow
from domains.gamification.service.ledger import check_ledger
from domains.identity.events import AccountMerged
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import LessonCompleted
from factories.factors import with_passkey
from factories.mailbox import mails
from factories.people import PASSWORD, Learner, publish, register, right_answer, small_course
from factories.shop import put_on_sale

AUTH = "/api/v1/auth"
EMAIL = "ada@example.org"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def guest(http: httpx.AsyncClient, **body: str) -> tuple[Learner, str]:
    answer = await http.post(f"{AUTH}/guest", json=body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    learner = Learner(UUID(found["user"]["id"]), found["user"]["name"], found["access_token"], http)
    return learner, found["device_secret"]


async def merge(learner: Learner, account: Learner) -> httpx.Response:
    return await learner.post("/auth/merge", {"access_token": account.token})


async def xp(db: Database, user_id: UUID) -> int:
    rows = await db.fetch("SELECT xp FROM gamification_balance WHERE user_id = $1", user_id)
    return sum(row["xp"] for row in rows)


async def test_a_guest_begins_without_a_word_and_comes_back_by_the_device(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    learner, secret = await guest(client, time_zone="Asia/Tokyo")
    me = (await learner.get("/auth/me")).json()
    assert (me["name"], me["email"], me["time_zone"], me["roles"]) == ("Guest", None, "Asia/Tokyo", ["learner"])
    back = await client.post(f"{AUTH}/guest", json={"device_secret": secret})
    assert (back.status_code, back.json()["user"]["id"]) == (200, str(learner.id))
    assert back.json()["device_secret"] is None
    stored = await db.fetch("SELECT secret_hash FROM identity_device")
    assert secret.encode() not in [row["secret_hash"] for row in stored]
    unknown = await client.post(f"{AUTH}/guest", json={"device_secret": secret[:-1] + "?"})
    assert code(unknown) == (401, "identity.device_unknown")
    await crank.jobs()
    assert await db.fetch("SELECT FROM notifications_delivery") == []
    assert [item["kind"] for item in (await learner.get("/notifications")).json()["items"]] == ["welcome"]


async def test_a_guest_keeps_everything_when_given_an_address_and_a_password(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    learner, secret = await guest(client)
    done = await learner.finish(next(iter((await publish(db, small_course())).lessons)))
    answer = await learner.post("/auth/guest/upgrade", {"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()["id"], answer.json()["email"]) == (200, str(learner.id), EMAIL)
    assert code(await client.post(f"{AUTH}/guest", json={"device_secret": secret})) == (401, "identity.device_unknown")
    logged_in = await client.post(f"{AUTH}/login", json={"email": EMAIL, "password": PASSWORD})
    assert logged_in.json()["user"]["id"] == str(learner.id)
    assert await xp(db, learner.id) == done["xp_total"]
    again = await learner.post("/auth/guest/upgrade", {"email": "eve@example.org", "password": PASSWORD})
    assert code(again) == (409, "identity.not_a_guest")
    await crank.jobs()
    told = {subject.split(" ", 1)[1] for subject, _ in await mails(db, EMAIL)}
    assert told >= {"is your Lyceum code", "Lyceum account is a full account now"}


async def test_of_two_upgrades_at_once_one_gives_the_address(client: httpx.AsyncClient, db: Database) -> None:
    learner, _ = await guest(client)
    bodies = [{"email": f"{number}@example.org", "password": PASSWORD} for number in range(3)]
    answers = await asyncio.gather(*(learner.post("/auth/guest/upgrade", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    [given] = [answer.json()["email"] for answer in answers if answer.status_code == 200]
    assert (await learner.get("/auth/me")).json()["email"] == given


async def test_whoever_has_no_address_is_told_where_to_get_one_before_a_password(client: httpx.AsyncClient) -> None:
    learner, _ = await guest(client)
    as_guest = await learner.post("/auth/password", {"new_password": PASSWORD})
    assert (code(as_guest)[1], "POST /auth/guest/upgrade" in as_guest.json()["detail"]) == ("identity.bad_field", True)
    await with_passkey(learner)
    # No guest any more, so that upgrading would be refused.
    assert "POST /auth/email" in (await learner.post("/auth/password", {"new_password": PASSWORD})).json()["detail"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"email": "TAKEN@example.org", "password": PASSWORD}, (409, "identity.email_taken")),
        ({"email": EMAIL, "password": "password1"}, (400, "identity.weak_password")),
        ({"email": "nobody", "password": PASSWORD}, (400, "identity.bad_field")),
    ],
    ids=["taken", "weak", "no address"],
)
async def test_an_upgrade_that_is_refused_leaves_the_guest_as_it_was(
    client: httpx.AsyncClient, body: dict[str, str], refusal: tuple[int, str]
) -> None:
    await register(client, email="taken@example.org")
    learner, secret = await guest(client)
    assert code(await learner.post("/auth/guest/upgrade", body)) == refusal
    assert (await client.post(f"{AUTH}/guest", json={"device_secret": secret})).status_code == 200


async def test_a_guest_can_neither_set_a_password_nor_move_to_an_address_otherwise(client: httpx.AsyncClient) -> None:
    learner, _ = await guest(client)
    assert code(await learner.post("/auth/password", {"new_password": PASSWORD})) == (400, "identity.bad_field")
    assert code(await learner.post("/auth/email", {"email": EMAIL})) == (400, "identity.bad_field")
    assert code(await learner.post("/auth/email/verify")) == (400, "identity.bad_field")


async def test_a_merge_needs_a_guest_and_a_fresh_login_of_another_account(client: httpx.AsyncClient) -> None:
    (learner, _), (other, _), ada = await guest(client), await guest(client), await register(client)
    assert code(await merge(learner, learner)) == (409, "identity.merge_impossible")
    assert code(await merge(learner, other)) == (409, "identity.merge_impossible")
    assert code(await merge(ada, learner)) == (409, "identity.not_a_guest")
    assert code(await learner.post("/auth/merge", {"access_token": "x"})) == (401, "identity.token_invalid")
    with time_machine.travel(utc_now() + timedelta(minutes=5, seconds=1)):
        assert code(await merge(learner, ada)) == (403, "identity.step_up_needed")
    assert (await merge(learner, ada)).status_code == 200


async def test_what_a_guest_learnt_earned_and_was_given_is_the_accounts_after_a_merge(
    client: httpx.AsyncClient, parts: Parts, db: Database, crank: Any
) -> None:
    (learner, secret), ada = await guest(client), await register(client, email=EMAIL)
    lessons = list((await publish(db, small_course())).lessons)
    first, second, read = lessons
    earned = (await learner.finish(first))["xp_total"]
    assert (await learner.post(f"/progress/lessons/{read}")).status_code == 200
    await ada.finish(first, wrong=1)
    mine = (await ada.finish(second))["xp_total"]
    assert (await ada.post(f"/progress/lessons/{read}")).status_code == 200
    viewed = await xp(db, learner.id) - earned
    key = "hearts:unlimited"
    await put_on_sale(db, key)
    async with db.begin() as uow:
        row = {"key": key, "source": "grant", "source_id": new_id(), "starts_at": utc_now()}
        uow.session.add(EntitlementRow(user_id=learner.id, **row))
    begun = await learner.begin(second)
    await crank.jobs()

    answer = await merge(learner, ada)
    assert (answer.status_code, answer.json()["id"]) == (200, str(ada.id))

    await crank.jobs()
    # What both were paid for, reading the same lesson, is paid once.
    assert viewed > 0
    assert await xp(db, ada.id) == mine + viewed + earned
    assert await xp(db, learner.id) == 0
    assert await check_ledger(db, parts.infra.redis) == []
    board = (await ada.get("/leaderboards/current")).json()
    assert [(entry["user_id"], entry["xp"]) for entry in board["entries"]] == [(str(ada.id), mine + viewed + earned)]
    [progress] = await db.fetch("SELECT completions FROM learning_lesson_progress WHERE lesson_id = $1", first)
    assert progress["completions"] == 2
    assert [row["user_id"] for row in await db.fetch("SELECT user_id FROM billing_entitlement")] == [ada.id]
    for exercise in begun["exercises"]:
        assert (await ada.answer(begun, exercise, right_answer(exercise))).status_code == 200
    left = [
        row["what"]
        for row in await db.fetch(
            "SELECT 'enrolled' AS what FROM learning_enrollment WHERE user_id = $1 UNION ALL"
            " SELECT 'session' FROM learning_session WHERE user_id = $1 UNION ALL"
            " SELECT 'told' FROM notifications_notification WHERE user_id = $1",
            learner.id,
        )
    ]
    assert left == []

    # The guest is gone, and the account is told.
    assert code(await learner.get("/auth/me")) == (401, "identity.session_ended")
    assert code(await client.post(f"{AUTH}/guest", json={"device_secret": secret})) == (401, "identity.device_unknown")
    told = await db.fetch("SELECT user_id FROM identity_audit WHERE action = 'account_merged'")
    assert {row["user_id"] for row in told} == {learner.id, ada.id}
    history = (await ada.get("/auth/history")).json()["items"]
    assert [each["by_staff"] for each in history if each["action"] == "account_merged"] == [False]
    await crank.jobs()
    assert "A guest became part of your Lyceum account" in [subject for subject, _ in await mails(db, EMAIL)]


async def test_a_merge_takes_nobody_out_of_the_staff(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client, email=EMAIL)
    learner, _ = await guest(client)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", learner.id)
    assert code(await merge(learner, ada)) == (409, "identity.merge_impossible")
    assert (await learner.get("/auth/me")).status_code == 200


async def test_a_course_that_is_complete_only_with_what_both_did_is_complete(
    client: httpx.AsyncClient, db: Database
) -> None:
    (learner, _), ada = await guest(client), await register(client)
    first, second, read = (await publish(db, small_course())).lessons
    await learner.finish(first)
    await learner.post(f"/progress/lessons/{read}")
    await ada.finish(second)
    assert (await merge(learner, ada)).status_code == 200
    facts = await db.fetch("SELECT FROM kernel_outbox WHERE type = 'learning.course_completed.v1'")
    assert len(facts) == 1


async def test_two_merges_of_one_guest_at_once_are_one(client: httpx.AsyncClient, db: Database) -> None:
    (learner, _), ada, bob = await guest(client), await register(client), await register(client, "Bob")
    answers = await asyncio.gather(merge(learner, ada), merge(learner, bob))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    assert len(await db.fetch("SELECT FROM kernel_outbox WHERE type = 'identity.account_merged.v1'")) == 1


# Days on which each of them took how many lessons; two weeks, so that leagues differ too.
_DAYS = st.dictionaries(st.integers(0, 16), st.sets(st.sampled_from(["guest", "account"]), min_size=1), max_size=9)


@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_DAYS)
async def test_whatever_both_did_and_when_the_ledger_bears_out_balance_streak_and_leagues(
    client: httpx.AsyncClient, parts: Parts, db: Database, days: dict[int, set[str]]
) -> None:
    # Two guests: whom the fact names matters to nobody who owns rows, and nothing has to be hashed.
    (learner, _), (ada, _) = await guest(client), await guest(client)
    start = datetime(2026, 11, 2, 12, tzinfo=UTC)
    who = {"guest": learner.id, "account": ada.id}
    shuffled = random.Random(len(days))
    for day in sorted(days):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            for name in sorted(days[day], key=lambda _: shuffled.random()):
                async with db.begin() as uow:
                    uow.record(_completed(who[name]))
    with time_machine.travel(start + timedelta(days=17)):
        total = await xp(db, learner.id) + await xp(db, ada.id)
        async with db.begin() as uow:
            uow.record(_merged(learner.id, ada.id))
        assert await xp(db, ada.id) == total
        assert await check_ledger(db, parts.infra.redis) == []
    longest = _longest_run(sorted(days))
    rows = await db.fetch("SELECT longest_days FROM gamification_streak WHERE user_id = $1", ada.id)
    assert [row["longest_days"] for row in rows] in ([longest], [longest][: longest > 0])


def _completed(user_id: UUID) -> LessonCompleted:
    return LessonCompleted(
        user_id=user_id, course_id=new_id(), lesson_id=new_id(), session_id=new_id(), correct=4, total=4, completions=1
    )


def _merged(from_id: UUID, into_id: UUID) -> AccountMerged:
    return AccountMerged(from_id=from_id, into_id=into_id)


def _longest_run(days: list[int]) -> int:
    longest = run = 0
    for place, day in enumerate(days):
        run = run + 1 if place and days[place - 1] == day - 1 else 1
        longest = max(longest, run)
    return longest
