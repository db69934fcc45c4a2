"""Which quests somebody has: the same whenever one looks, other ones the next day, never two about the same thing."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domains.gamification.policy.quests import (
    DAILY,
    Badge,
    Done,
    QuestBook,
    claimable,
    friend_quest,
    given,
    month_of,
    period,
)
from domains.gamification.rulebook import Rulebook, rulebook

BOOK = Rulebook().quests
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@for_all(user_id=st.uuids(), on=DAYS, streaks=st.booleans())
def test_everybody_has_three_of_the_day_and_one_of_the_week(user_id: UUID, on: date, streaks: bool) -> None:
    found = given(BOOK, user_id, on, streaks=streaks)
    assert found == given(BOOK, user_id, on, streaks=streaks)
    daily = [one for one in found if one.cadence == "daily"]
    assert len({one.quest.metric for one in daily}) == DAILY
    assert len(found) == DAILY + 1
    assert all(one.period.first_on <= on <= one.period.last_on for one in found)
    assert streaks or all(one.quest.metric != "days" for one in found)


@for_all(user_id=st.uuids(), on=DAYS)
def test_a_quest_keeps_its_key_through_its_whole_time_and_a_day_longer(user_id: UUID, on: date) -> None:
    for one in given(BOOK, user_id, on):
        days = (one.period.last_on - one.period.first_on).days + 2
        for day in range(days):
            assert one in claimable(BOOK, user_id, one.period.first_on + timedelta(days=day))
        assert one not in claimable(BOOK, user_id, one.period.last_on + timedelta(days=2))


@for_all(one=st.uuids(), other=st.uuids(), on=DAYS)
def test_two_friends_are_offered_the_same_whoever_asks(one: UUID, other: UUID, on: date) -> None:
    assert friend_quest(BOOK, one, other, on) == friend_quest(BOOK, other, one, on)


def test_quests_rotate_and_all_of_them_come_up() -> None:
    user_id = UUID(int=7)
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    drawn = [tuple(one.quest.id for one in given(BOOK, user_id, on)[:DAILY]) for on in days]
    assert sum(before == after for before, after in pairwise(drawn)) < 20
    counts = Counter(quest for trio in drawn for quest in trio)
    assert set(counts) == {quest.id for quest in BOOK.daily}
    assert min(counts.values()) > 30
    assert {one.quest.id for on in days for one in given(BOOK, user_id, on)[DAILY:]} == {q.id for q in BOOK.weekly}


def test_learners_do_not_all_have_the_same() -> None:
    trios = {tuple(one.quest.id for one in given(BOOK, UUID(int=n), date(2026, 11, 21))) for n in range(100)}
    assert len(trios) > 30


def test_weeks_begin_on_monday_and_months_are_read_off_daily_keys() -> None:
    assert period("weekly", date(2026, 11, 22)) == (date(2026, 11, 16), date(2026, 11, 22))
    assert period("weekly", date(2026, 11, 23)).first_on == date(2026, 11, 23)
    assert month_of("daily:2026-11-30:xp_20") == "2026-11"
    assert month_of("weekly:2026-11-30:week_xp_150") is None


def test_sessions_are_lessons_and_practices_and_nothing_is_below_nothing() -> None:
    done = Done(xp=-3, lessons=2, practices=3, days=1)
    assert [done.of(metric) for metric in ("xp", "lessons", "practices", "sessions", "days")] == [0, 2, 3, 5, 1]


def test_an_operators_book_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = msgspec.structs.replace(BOOK, badge=Badge(quests=3, gems=7), weekly=BOOK.weekly[:1])
    file = tmp_path / "quests.yaml"
    file.write_bytes(msgspec.yaml.encode(own))
    assert rulebook(quests_file=str(file)).quests == own


WRONG = {
    "too few things for a day": ({"daily": BOOK.daily[:5]}, "fewer than 3 things"),
    "one id twice": ({"weekly": BOOK.weekly * 2}, "two weekly quests have the same id"),
    "days in a day": ({"daily": (*BOOK.daily, BOOK.weekly[-1])}, "only a weekly quest can be about days"),
    "nothing but streaks in a week": ({"weekly": BOOK.weekly[-1:]}, "no weekly"),
    "no friend quest": ({"friend": ()}, "or no friend quest"),
}


@pytest.mark.parametrize(("changed", "said"), WRONG.values(), ids=WRONG)
def test_a_book_that_would_leave_somebody_without_quests_is_refused(changed: dict[str, object], said: str) -> None:
    told = {name: getattr(BOOK, name) for name in BOOK.__struct_fields__} | changed
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(msgspec.to_builtins(told), QuestBook)
