"""What gems buy, what it costs, and what is not sold."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from domains.gamification.policy.shop import PriceList
from domains.gamification.rulebook import BadRules, Rulebook, rulebook
from domains.gamification.service import gems
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, small_course
from factories.social import call, ok, outcome


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def give(db: Database, learner: Learner, amount: int) -> None:
    async with db.begin() as uow:
        await gems.earn(uow, learner.id, amount, "quest:given")


async def buy(learner: Learner, item: str, key: str | None = None) -> httpx.Response:
    headers = {**learner.headers, **({"Idempotency-Key": key} if key else {})}
    return await learner.http.post("/api/v1/shop/purchases", json={"item_id": item}, headers=headers)


async def item(learner: Learner, item_id: str) -> dict[str, Any] | None:
    return next((one for one in (await ok(learner, "GET", "/shop"))["items"] if one["id"] == item_id), None)


async def left(learner: Learner) -> int:
    found: int = (await ok(learner, "GET", "/gems"))["gems"]
    return found


@pytest.mark.parametrize("item_id", ["streak_freeze", "frame_laurel"])
async def test_of_200_purchases_at_once_with_gems_for_one_exactly_one_goes_through(
    ada: Learner, db: Database, item_id: str
) -> None:
    price = next(one.price for one in Rulebook().shop.items if one.id == item_id)
    await give(db, ada, price)
    answers = await asyncio.gather(*(buy(ada, item_id) for _ in range(200)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 199
    assert await left(ada) == 0
    assert len(await db.fetch("SELECT 1 FROM gamification_gem_entry WHERE amount < 0")) == 1
    assert len(await db.fetch("SELECT 1 FROM gamification_freeze")) == (item_id == "streak_freeze")


async def test_a_purchase_repeated_with_its_key_is_the_same_purchase(ada: Learner, db: Database) -> None:
    await give(db, ada, 1000)
    answers = await asyncio.gather(*(buy(ada, "double_xp_15", "one") for _ in range(5)))
    assert [answer.json() for answer in answers] == [{"item_id": "double_xp_15", "paid": 120, "gems": 880}] * 5
    assert [entry["amount"] for entry in (await ok(ada, "GET", "/gems/entries"))["items"]] == [-120, 1000]


async def test_what_would_change_nothing_is_not_sold_and_costs_nothing(ada: Learner, db: Database) -> None:
    await give(db, ada, 5000)
    assert outcome(await buy(ada, "hearts_refill")) == (409, "gamification.nothing_to_buy")
    assert [(await buy(ada, "streak_freeze")).status_code for _ in range(3)] == [201, 201, 409]
    assert [(await buy(ada, "theme_midnight")).status_code for _ in range(2)] == [201, 409]
    assert outcome(await buy(ada, "theme_midnight")) == (409, "gamification.already_yours")
    assert outcome(await buy(ada, "a_lootbox")) == (404, "gamification.not_for_sale")
    assert await left(ada) == 5000 - 2 * 200 - 800
    owned = await item(ada, "theme_midnight")
    assert owned is not None
    assert owned["owned"] is True


async def test_what_is_bought_can_be_worn_one_in_each_slot_and_is_seen_on_the_profile(
    ada: Learner, db: Database, client: httpx.AsyncClient
) -> None:
    await give(db, ada, 5000)
    bob = await register(client, "Bob")
    await ok(ada, "PATCH", "/profile", {"visibility": "public"})
    for item_id in ("frame_laurel", "frame_aurora", "theme_midnight"):
        assert outcome(await call(ada, "PUT", f"/shop/worn/{item_id}")) == (404, "gamification.not_yours")
        await buy(ada, item_id)
        worn = (await ok(ada, "PUT", f"/shop/worn/{item_id}"))["worn"]
    assert worn == {"frame": "frame_aurora", "theme": "theme_midnight"}
    assert outcome(await call(ada, "PUT", "/shop/worn/double_xp_15")) == (404, "gamification.not_yours")
    assert [(await item(ada, name))["worn"] for name in ("frame_laurel", "frame_aurora")] == [False, True]
    assert (await ok(ada, "GET", "/profile"))["wears"] == (await ok(bob, "GET", f"/people/{ada.id}"))["wears"] == worn
    for _ in range(2):
        assert (await ok(ada, "DELETE", "/shop/worn/frame_aurora"))["worn"] == {"theme": "theme_midnight"}


async def test_the_shop_speaks_the_language_of_the_profile(ada: Learner) -> None:
    await ok(ada, "PATCH", "/profile", {"locale": "de-AT"})
    assert (await item(ada, "theme_midnight"))["name"] == "Mitternacht"


def test_all_that_the_package_says_is_said_in_the_languages_of_mails() -> None:
    book = Rulebook()
    quests = [*book.quests.daily, *book.quests.weekly, *book.quests.friend]
    words = [text for one in book.achievements.by_id.values() for text in (one.title, one.text)]
    words += [quest.name for quest in quests]
    words += [text for one in book.shop.items for text in (one.name, one.description)]
    assert {tuple(sorted(text)) for text in words} == {("de", "en", "es", "hi")}
    assert {quest.called("de").count("{") for quest in quests} == {0}


async def test_hearts_come_back_for_gems(ada: Learner, db: Database) -> None:
    course = await publish(db, small_course())
    await ada.finish(next(iter(course.lessons)), wrong=3)
    assert (await ok(ada, "GET", "/hearts"))["hearts"] == 2
    await give(db, ada, 400)
    assert (await buy(ada, "hearts_refill")).status_code == 201
    assert (await ok(ada, "GET", "/hearts"))["hearts"] == 5
    assert await left(ada) == 50


async def test_a_boost_pays_twice_as_much(ada: Learner, db: Database) -> None:
    course = await publish(db, small_course())
    await give(db, ada, 400)
    await buy(ada, "double_xp_15")
    first, second, _ = course.lessons
    assert (await ada.finish(first))["boost"] == 2
    assert (await ada.finish(second))["xp_earned"] == 2 * 15


async def test_in_humane_mode_nothing_is_offered_or_sold_against_losses_that_there_are_not(
    ada: Learner, db: Database
) -> None:
    await give(db, ada, 1000)
    against_losses = ("hearts_refill", "streak_freeze")
    assert await item(ada, "hearts_refill") is not None
    await ok(ada, "PATCH", "/profile/preferences", {"hearts": False, "streaks": False})
    assert [await item(ada, name) for name in against_losses] == [None, None]
    assert {outcome(await buy(ada, name)) for name in against_losses} == {(409, "gamification.nothing_to_buy")}
    assert await item(ada, "double_xp_15") is not None
    assert await left(ada) == 1000


async def test_gems_are_ones_own_and_need_a_login(ada: Learner, db: Database, client: httpx.AsyncClient) -> None:
    await give(db, ada, 10)
    bob = await register(client, "Bob")
    assert await left(bob) == 0
    assert (await ok(bob, "GET", "/gems/entries"))["items"] == []
    assert (await client.get("/api/v1/gems")).status_code == 401
    assert (await call(bob, "GET", "/gems/entries?cursor=x")).status_code == 400


OWN = """
version: 1
items:
  - {id: streak_freeze, kind: streak_freeze, price: 1, name: Cheap}
  - {id: frame_laurel, kind: cosmetic, price: 9, name: Gone, withdrawn: true}
  - {id: hat, kind: cosmetic, price: 3, name: A hat}
"""


def test_an_operator_adds_changes_and_withdraws_items_by_a_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(OWN)
    prices = {one.id: one.price for one in rulebook(shop_file=str(file)).shop.items if not one.withdrawn}
    assert prices == {one.id: one.price for one in Rulebook().shop.items if one.id != "frame_laurel"} | {
        "streak_freeze": 1, "hat": 3,
    }  # fmt: skip


BROKEN = {
    "another version": (OWN.replace("version: 1", "version: 2"), "Invalid enum value 2"),
    "an unknown kind": (OWN.replace("kind: cosmetic", "kind: lootbox"), "Invalid enum value 'lootbox'"),
    "a free thing": (OWN.replace("price: 3", "price: 0"), "Expected `int` >= 1"),
    "the same twice": (OWN.replace("id: hat", "id: streak_freeze"), "item `streak_freeze` is listed twice"),
    "a boost of nothing": (OWN.replace("kind: cosmetic, price: 3", "kind: xp_boost, price: 3"), "has `factor`"),
    "a typo": (OWN.replace("name: A", "nmae: A"), "unknown field `nmae` - at `$.items[2]`"),
    "no English": (OWN.replace("name: A hat", "name: {de: Hut}"), "item `hat`: its words are missing in English"),
    "no language": (OWN.replace("name: A hat", "name: {german: Hut}"), "`$.items[2].name`"),
    "a freeze to wear": (OWN.replace("name: Cheap", "name: Cheap, slot: head"), "only a cosmetic has a `slot`"),
    "no YAML": ("[", "shop.yaml:1: "),
    "no number": (OWN.replace("price: 3", "price: 0b_"), "shop.yaml: something in it cannot be read"),
    "nesting without end": ("[" * 3000, "shop.yaml: something in it cannot be read"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_price_list_is_refused_as_a_whole_with_one_line(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(content)
    with pytest.raises(BadRules) as caught:
        rulebook(shop_file=str(file))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.setting == "shop_file"


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadRules, match=r"/nowhere\.yaml: No such file"):
        rulebook(quests_file="/nowhere.yaml")


def test_a_price_list_survives_the_way_to_a_file_and_back() -> None:
    shop = Rulebook().shop
    assert msgspec.json.decode(msgspec.json.encode(shop), type=PriceList) == shop
