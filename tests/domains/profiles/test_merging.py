"""A guest becomes part of an account: friends and handle come along, blocks keep holding."""

from domains.identity.events import AccountMerged
from domains.kernel.uow import Database
from domains.profiles import api as profiles
from factories.people import Learner
from factories.social import befriend, call, ok


async def merge(db: Database, guest: Learner, into: Learner) -> None:
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=guest.id, into_id=into.id))


async def test_friends_handle_follows_and_activity_come_along(
    db: Database, ada: Learner, bob: Learner, eve: Learner
) -> None:
    """Eve is the guest who becomes Ada."""
    await ok(bob, "PATCH", "/profile", {"visibility": "public"})
    await ok(eve, "PUT", "/profile/handle", {"handle": "eve_1"})
    await befriend(eve, bob)
    await befriend(eve, ada)
    await ok(eve, "PUT", f"/people/{bob.id}/follow")
    async with db.begin() as uow:
        await profiles.share(uow, eve.id, "streak_reached", cause="x", days=7)
        await profiles.share(uow, bob.id, "streak_reached", cause="x", days=7)
    [of_bob] = [item for item in (await ok(eve, "GET", "/feed"))["items"] if item["person"]["name"] == "Bob"]
    await ok(eve, "PUT", f"/feed/{of_bob['id']}/kudos")
    await merge(db, eve, ada)
    assert await profiles.friends_of(db, ada.id) == {bob.id}
    assert await profiles.friends_of(db, bob.id) == {ada.id}
    assert (await ok(ada, "GET", "/profile"))["handle"] == "eve_1"
    assert (await ok(ada, "GET", f"/people/{bob.id}"))["following"]
    shown = (await ok(ada, "GET", "/feed"))["items"]
    assert sorted((item["person"]["name"], item["kudos"], item["cheered"]) for item in shown) == [
        ("Ada", 0, False),
        ("Bob", 1, True),
    ]


async def test_whoever_blocked_one_of_them_is_rid_of_both(
    db: Database, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await befriend(ada, bob)
    await ok(bob, "PUT", f"/blocks/{eve.id}")
    await merge(db, eve, ada)
    assert await profiles.friends_of(db, ada.id) == set()
    assert (await call(bob, "GET", f"/people/{ada.id}")).status_code == 404


async def test_a_second_handle_waits_for_its_owner(db: Database, ada: Learner, bob: Learner, eve: Learner) -> None:
    for person, handle in ((ada, "ada_1"), (eve, "eve_1")):
        await ok(person, "PUT", "/profile/handle", {"handle": handle})
    await merge(db, eve, ada)
    assert (await ok(ada, "GET", "/profile"))["handle"] == "ada_1"
    assert (await call(bob, "PUT", "/profile/handle", {"handle": "eve_1"})).status_code == 409


async def test_reports_about_the_guest_are_about_the_account(
    db: Database, ada: Learner, bob: Learner, eve: Learner
) -> None:
    await ok(bob, "POST", f"/people/{eve.id}/reports", {"reason": "spam"})
    await ok(eve, "POST", f"/people/{bob.id}/reports", {"reason": "spam"})
    await merge(db, eve, ada)
    rows = await db.fetch("SELECT reporter_id, reported_id FROM profiles_report")
    assert {(row["reporter_id"], row["reported_id"]) for row in rows} == {(bob.id, ada.id), (ada.id, bob.id)}
