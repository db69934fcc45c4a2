"""Being forgotten: fourteen days to think again, and then nothing that leads to a person, while every sum stays."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.asgi import Parts
from conftest import Crank
from domains.billing.models import SubscriptionRow
from domains.gamification.service.ledger import check_ledger
from domains.identity.errors import LastAdmin
from domains.identity.policy.rights import CONFIRMATION, GRACE
from domains.identity.service import deletion
from domains.identity.service.roles import change_roles
from domains.identity.service.staff import unban
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError
from domains.kernel.uow import Database
from domains.learning.repository import rights as learning_rights
from factories.everything import EMAIL, dump, fill, marks_in, tables_about_people
from factories.mailbox import mails
from factories.people import PASSWORD, Learner, publish, register, small_course
from factories.plans import put_plan, row_of, subscribe

KEPT = {
    # Money, as it was reported, and documents, as they were issued.
    *("billing_coupon_use.state", "billing_dispute.dispute_ref", "billing_dispute.status", "billing_gift.code"),
    *("billing_entitlement.end_reason", "billing_entitlement.key", "billing_entitlement.source"),
    *("billing_invoice.content", "billing_invoice.kind", "billing_invoice.number", "billing_order.kind"),
    *("billing_order.provider_checkout_ref", "billing_order.provider_invoice_ref", "billing_order.tax_name"),
    *("billing_payment.failure", "billing_payment.method", "billing_payment.payment_ref", "billing_payment.status"),
    *("billing_provider_ref.kind", "billing_provider_ref.ref", "billing_refund.reason", "billing_refund.refund_ref"),
    *("billing_refund.status", "billing_subscription.subscription_ref", "billing_transfer.cause"),
    *("billing_transfer.credit", "billing_transfer.debit", "billing_trial_use.mark"),
    # What was learnt and earned, under an id.
    *("gamification_xp_entry.cause", "gamification_xp_entry.time_zone", "learning_answer.answer"),
    *("gamification_gem_entry.cause", "gamification_friend_quest.quest", "gamification_friend_quest.metric"),
    *("gamification_boost.cause", "gamification_achievement.achievement"),
    *("gamification_freeze.cause", "gamification_freeze.time_zone"),
    *("gamification_streak_kept.kind", "gamification_streak_kept.time_zone"),
    *("learning_activity.kind", "learning_answer.grade", "learning_answer.key", "learning_answer.verdict"),
    *("learning_session.kind", "learning_session.marks"),
    # What was done as staff, and the audit log for a year.
    *("identity_api_key.name", "identity_api_key.prefix", "identity_api_key.scopes", "identity_api_key.secret_hash"),
    *("identity_audit.action", "identity_audit.address", "identity_audit.detail"),
    *("notifications_announcement.audience", "notifications_announcement.body", "notifications_announcement.channels"),
    *("notifications_announcement.state", "notifications_announcement.title", "notifications_announcement.url"),
    # When a course was published and why: others learn and write on.
    *("catalog_publish_log.action", "catalog_publish_log.note"),
    # What others look like in a report that was made about them.
    *("profiles_report.reason", "profiles_report.state", "profiles_report.shown_bio"),
    *("profiles_report.shown_handle", "profiles_report.shown_name"),
}
"""Columns in which something stays."""


async def leave(who: Learner, confirmation: str = CONFIRMATION) -> httpx.Response:
    body = {"confirmation": confirmation}
    return await who.http.request("DELETE", "/api/v1/auth/me", json=body, headers=who.headers)


async def log_in(who: Learner, email: str) -> httpx.Response:
    return await who.http.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})


async def come_back(who: Learner, email: str) -> Learner:
    answer = await log_in(who, email)
    assert answer.status_code == 200, answer.text
    return Learner(who.id, who.name, answer.json()["access_token"], who.http)


async def erase(db: Database) -> None:
    """What the clock does when the time has come."""
    await deletion.erase_due(db, utc_now() + GRACE + timedelta(seconds=1))


async def account(db: Database, who: Learner) -> Any:
    [row] = await db.fetch("SELECT * FROM identity_user WHERE id = $1", who.id)
    return row


async def test_who_wants_to_go_is_out_at_once_and_can_come_back_and_stay(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada = await register(client, email="ada@example.org")
    wrong = await leave(ada, "yes")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "identity.bad_field")
    answer = await leave(ada)
    assert answer.status_code == 202
    at = answer.json()["deletion_at"]
    assert (await ada.get("/auth/me")).json()["code"] == "identity.session_ended"
    back = await log_in(ada, "ada@example.org")
    assert back.json()["user"]["deletion_at"] == at
    ada = Learner(ada.id, ada.name, back.json()["access_token"], client)
    assert (await leave(ada)).json() == {"deletion_at": at}, "the same wish again puts nothing off"
    ada = await come_back(ada, "ada@example.org")
    assert (await ada.get("/auth/me")).json()["deletion_at"] == at
    for _ in range(2):
        assert (await ada.post("/auth/me/restore")).status_code == 204
    assert (await ada.get("/auth/me")).json()["deletion_at"] is None
    await erase(db)
    assert (await ada.get("/auth/me")).json()["name"] == "Ada"
    await crank.jobs()
    subjects = [subject for subject, _ in await mails(db, "ada@example.org")]
    assert subjects.count("Your Lyceum account will be deleted in 14 days") == 1
    assert subjects.count("Your Lyceum account stays") == 1
    history = [item["action"] for item in (await ada.get("/auth/history")).json()["items"]]
    assert history.count("deletion_requested") == history.count("deletion_withdrawn") == 1


async def test_nothing_that_leads_to_a_person_is_left(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    await fill(db, ada.id, bob.id)
    assert (await leave(ada)).status_code == 202
    await crank.jobs()
    await erase(db)
    left = await dump(db)
    assert {mark for mark in marks_in(left) if mark.partition(".")[0] in tables_about_people()} == KEPT
    assert "zq_username" not in left
    assert left.count(EMAIL) == 1, "where the last mail goes to"
    row = await account(db, ada)
    assert (row["name"], row["email"], row["username"], row["password_hash"]) == ("Deleted account", None, None, None)
    assert (row["locale"], row["time_zone"], row["deletion_at"]) == ("en", "UTC", None)
    await crank.jobs()
    assert [subject for subject, _ in await mails(db, EMAIL)] == ["Your Lyceum account is deleted"]
    assert await db.fetch("SELECT FROM identity_farewell WHERE email = $1", EMAIL) == []
    before = await dump(db)
    await erase(db)
    await crank.again()
    assert await dump(db) == before, "doing it twice changes nothing"
    assert (await log_in(ada, EMAIL)).json()["code"] == "identity.bad_credentials"
    again = await register(client, "New", email=EMAIL, username="zq_username")
    assert again.id != ada.id, "the address is free"


async def test_ledgers_and_standings_still_add_up(
    client: httpx.AsyncClient, db: Database, parts: Parts, crank: Crank
) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    revision = await publish(db, small_course())
    lesson = next(iter(revision.lessons))
    for who in (ada, bob):
        await who.finish(lesson)
    await crank.jobs()
    counts = "SELECT (SELECT count(*) FROM gamification_xp_entry) + (SELECT count(*) FROM learning_answer) AS rows"
    before = await db.fetch(counts)
    await leave(ada)
    await erase(db)
    assert await db.fetch(counts) == before
    assert await check_ledger(db, parts.infra.redis) == []
    standings = (await bob.get("/leaderboards/current")).json()
    assert sorted(entry["name"] for entry in standings["entries"]) == ["", "Bob"]


async def test_killed_in_the_middle_nothing_is_done_and_the_next_run_does_all(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    for who in (ada, bob):
        await leave(who)
    before = {line for line in (await dump(db)).splitlines() if str(ada.id) in line}
    forget = learning_rights.erase

    async def dies(session: Any, user_id: Any) -> None:
        await forget(session, user_id)
        if user_id == ada.id:
            raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(learning_rights, "erase", dies)
        await erase(db)
    assert before <= set((await dump(db)).splitlines())
    assert (await account(db, bob))["erased_at"] is not None, "one that fails keeps nobody waiting"
    await erase(db)
    assert (await account(db, ada))["erased_at"] is not None


async def test_a_guest_who_became_part_of_the_account_goes_with_it(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client, "Ada")
    found = (await client.post("/api/v1/auth/guest", json={"name": "zq guest"})).json()
    guest = Learner(found["user"]["id"], "zq guest", found["access_token"], client)
    assert (await guest.post("/auth/merge", {"access_token": ada.token})).status_code == 200
    await leave(ada)
    await erase(db)
    assert "zq guest" not in await dump(db)


async def test_the_last_admin_stays_and_who_leaves_is_none(client: httpx.AsyncClient, db: Database) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    add = "INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')"
    await db.fetch(add, ada.id)
    refused = await leave(ada)
    assert (refused.status_code, refused.json()["code"]) == (409, "identity.last_admin")
    await db.fetch(add, bob.id)
    assert (await leave(ada)).status_code == 202
    assert (await leave(bob)).json()["code"] == "identity.last_admin"
    async with db.begin() as uow:
        with pytest.raises(LastAdmin):
            await change_roles(uow, bob.id, ["learner"], by=None)


async def test_subscriptions_end_with_their_period_and_for_good_with_the_account(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada = await register(client, email="ada@example.org")
    shown = await subscribe(ada, await put_plan(db, "courses:*"), crank)

    async def now() -> tuple[str, bool]:
        row: SubscriptionRow = await row_of(db, shown["id"])
        return row.status, row.cancel_at_period_end

    await leave(ada)
    ada = await come_back(ada, "ada@example.org")
    await ada.post("/auth/me/restore")
    await crank.jobs()
    assert await now() == ("active", False), "taken back before anybody was asked"
    await leave(ada)
    await crank.jobs()
    assert await now() == ("active", True)
    await erase(db)
    await crank.jobs()
    assert (await now())[0] == "cancelled"
    assert await db.fetch("SELECT FROM notifications_notification WHERE user_id = $1", ada.id) == []


async def test_a_tombstone_stays_one(client: httpx.AsyncClient, db: Database) -> None:
    ada, root = await register(client, "Ada"), await register(client, "Root")
    await leave(ada)
    await erase(db)
    for change in ("name = 'Ada'", "email = 'ada@example.org'", "banned_at = NULL", "password_hash = 'x'"):
        with pytest.raises(Exception, match="tombstone"):
            await db.fetch(f"UPDATE identity_user SET {change} WHERE id = $1", ada.id)
    async with db.begin() as uow:
        for refused in (
            deletion.schedule(uow, ada.id, at=utc_now(), caller=None),
            change_roles(uow, ada.id, ["admin"], by=None),
            unban(uow, ada.id, by=root.id, caller=None),  # type: ignore[arg-type]
        ):
            with pytest.raises(AppError, match=r"closed|joined"):
                await refused


async def test_it_needs_a_fresh_login_and_is_not_for_who_looks_on(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client)
    await db.fetch("UPDATE identity_session SET authenticated_at = now() - interval '6 minutes'")
    assert (await leave(ada)).json()["code"] == "identity.step_up_needed"
    assert (await account(db, ada))["deletion_at"] is None
