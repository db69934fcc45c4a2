"""What people tell of themselves."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.identity.events import TimeZoneChanged, UserCreated
from domains.kernel.events import Event
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.profiles import api as profiles
from domains.profiles.errors import BadProfileField, HandleReserved
from domains.profiles.policy.handles import checked_handle, prefix_range
from factories.people import Learner
from factories.social import age, call, ok, outcome


async def test_everybody_begins_with_a_profile_that_friends_see(ada: Learner) -> None:
    own = await ok(ada, "GET", "/profile")
    assert (own["user_id"], own["name"], own["handle"], own["visibility"]) == (str(ada.id), "Ada", None, "friends")
    assert (own["locale"], own["time_zone"], own["bio"]) == ("en", "UTC", "")
    assert own["preferences"] == {
        "sound": True, "daily_goal_xp": 20, "hearts": True, "leagues": True, "streaks": True, "leagues_hidden": False,
    }  # fmt: skip


async def test_what_is_changed_stays_and_the_name_is_the_accounts(ada: Learner) -> None:
    told = {"name": " Ada L. ", "bio": "I like\r\nnumbers.", "locale": "pt-BR", "visibility": "public"}
    own = await ok(ada, "PATCH", "/profile", told)
    assert (own["name"], own["bio"]) == ("Ada L.", "I like\nnumbers.")
    assert await ok(ada, "GET", "/profile") == own
    assert (await ok(ada, "GET", "/auth/me"))["name"] == "Ada L."
    assert (await ok(ada, "PATCH", "/profile", {}))["bio"] == own["bio"]


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"bio": "x" * 501}, "bio"),
        ({"bio": "a\u202eb"}, "bio"),
        ({"bio": "a\u0000b"}, "bio"),
        ({"name": "  "}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"locale": "no locale"}, "locale"),
    ],
)
async def test_what_cannot_be_shown_is_refused_by_its_field(ada: Learner, told: dict[str, str], field: str) -> None:
    answer = await call(ada, "PATCH", "/profile", told)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert (await ok(ada, "GET", "/profile"))["bio"] == ""


async def test_a_time_zone_changes_once_a_day_and_says_so(heard: list[Event], db: Database, ada: Learner) -> None:
    await ok(ada, "PATCH", "/profile", {"time_zone": "Asia/Tokyo"})
    await ok(ada, "PATCH", "/profile", {"time_zone": "Asia/Tokyo"})
    answer = await call(ada, "PATCH", "/profile", {"time_zone": "America/Lima", "bio": "gone"})
    assert outcome(answer) == (429, "identity.time_zone_too_soon")
    assert 86_000 < int(answer.headers["retry-after"]) <= 86_400
    assert (await ok(ada, "GET", "/profile"))["bio"] == ""
    await age(db, "identity_user.time_zone_changed_at", 1)
    await ok(ada, "PATCH", "/profile", {"time_zone": "America/Lima"})
    moves = [(fact.before, fact.after) for fact in heard if isinstance(fact, TimeZoneChanged)]
    assert moves == [("UTC", "Asia/Tokyo"), ("Asia/Tokyo", "America/Lima")]


async def test_preferences_are_changed_one_by_one_and_others_may_ask_for_them(db: Database, ada: Learner) -> None:
    changed = await ok(ada, "PATCH", "/profile/preferences", {"hearts": False, "daily_goal_xp": 50})
    assert changed == {
        "sound": True, "daily_goal_xp": 50, "hearts": False, "leagues": True, "streaks": True, "leagues_hidden": False,
    }  # fmt: skip
    assert await ok(ada, "PATCH", "/profile/preferences", {}) == changed
    assert (await call(ada, "PATCH", "/profile/preferences", {"daily_goal_xp": 0})).status_code == 400
    async with db.begin() as uow:
        assert not (await profiles.preferences(uow, ada.id)).hearts
        assert await profiles.preferences(uow, new_id()) == profiles.Preferences()


async def test_a_handle_changes_every_14_days_and_the_former_one_waits_for_its_owner(
    db: Database, ada: Learner, bob: Learner
) -> None:
    assert (await ok(ada, "PUT", "/profile/handle", {"handle": "@Ada_L"}))["handle"] == "ada_l"
    assert (await ok(ada, "PUT", "/profile/handle", {"handle": "ada_l"}))["handle"] == "ada_l"
    assert outcome(await call(bob, "PUT", "/profile/handle", {"handle": "ADA_L"})) == (409, "profiles.handle_taken")
    refused = await call(ada, "PUT", "/profile/handle", {"handle": "lovelace"})
    assert outcome(refused) == (409, "profiles.handle_too_soon")
    assert refused.json()["changeable_at"] == (await ok(ada, "GET", "/profile"))["handle_changeable_at"]
    await age(db, "profiles_profile.handle_changed_at", 14)
    await ok(ada, "PUT", "/profile/handle", {"handle": "lovelace"})
    assert outcome(await call(bob, "PUT", "/profile/handle", {"handle": "ada_l"})) == (409, "profiles.handle_taken")
    assert outcome(await call(bob, "GET", "/people/by-handle/ada_l")) == (404, "profiles.person_not_found")
    await age(db, "profiles_profile.handle_changed_at", 14)
    assert (await ok(ada, "PUT", "/profile/handle", {"handle": "ada_l"}))["handle"] == "ada_l"
    await age(db, "profiles_handle.kept_until", 90)
    assert (await ok(bob, "PUT", "/profile/handle", {"handle": "lovelace"}))["handle"] == "lovelace"


async def test_a_handle_that_many_want_at_once_goes_to_one(ada: Learner, bob: Learner, eve: Learner) -> None:
    answers = await asyncio.gather(
        *(call(person, "PUT", "/profile/handle", {"handle": "wanted"}) for person in (ada, bob, eve))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


@pytest.mark.parametrize(
    "handle",
    ["admin", "ad_min", "Admin99", "4dm1n", "4dm1n2", "moderator", "1yceum", "he1p", "supp0rt", "lyceum_support"],
)
def test_what_could_be_taken_for_the_house_is_reserved(handle: str) -> None:
    with pytest.raises(HandleReserved):
        checked_handle(handle)


@pytest.mark.parametrize("handle", ["ab", "a" * 31, "a__b", "_ab", "ab_", "a-b-c", "añb", "a b c", ""])
def test_what_is_no_handle_is_refused(handle: str) -> None:
    with pytest.raises(BadProfileField):
        checked_handle(handle)


handles = st.lists(st.sampled_from(["a", "b1", "z", "9", "x_y"]), min_size=3, max_size=8).map("".join)


@given(handles, handles)
def test_a_prefix_finds_exactly_the_handles_that_begin_so(handle: str, prefix: str) -> None:
    between = prefix_range(prefix[:4])
    assert checked_handle(handle.upper()) == handle
    assert between is not None
    assert (between[0] <= handle < between[1]) == handle.startswith(prefix[:4])


async def test_an_account_of_nobody_has_no_handle(db: Database, client: httpx.AsyncClient, ada: Learner) -> None:
    await ok(ada, "PUT", "/profile/handle", {"handle": "ada"})
    async with db.begin() as uow:
        assert await profiles.handles(uow, [ada.id, new_id()]) == {ada.id: "ada"}


async def test_where_the_operator_wants_it_humane_people_begin_without_hearts_leagues_and_streaks(
    db: Database, ada: Learner
) -> None:
    humane = Database(db.engine, db._pool, db.reactions, ports={profiles.Preferences: profiles.beginning(humane=True)})
    user_id = new_id()
    await db.fetch(
        "INSERT INTO identity_user (id, email, name) VALUES ($1, $2, 'Eve')", user_id, f"{user_id}@example.org"
    )
    async with humane.begin() as uow:
        uow.record(UserCreated(user_id=user_id))
    async with db.begin() as uow:
        begun = await profiles.preferences(uow, user_id)
        before = await profiles.preferences(uow, ada.id)
    assert (begun.hearts, begun.leagues, begun.streaks) == (False, False, False)
    assert (before.hearts, before.leagues, before.streaks) == (True, True, True)
