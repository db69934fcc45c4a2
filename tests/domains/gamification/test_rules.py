from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.leagues import Standing, Zone, demoted, ends_at, next_tier, promoted, week_of, zone
from domains.gamification.service.boards import _score, _unpacked


@given(st.integers(1, 30), st.integers(1, 10), st.integers(1, 200))
def test_every_place_has_one_zone_and_bands_never_meet(members: int, tier: int, xp: int) -> None:
    zones = [zone(Standing(tier, members, rank, xp)) for rank in range(1, members + 1)]
    assert zones == sorted(zones, key=[Zone.PROMOTION, Zone.STAY, Zone.DEMOTION].index)
    assert zones.count(Zone.PROMOTION) == (promoted(members) if tier < 10 else 0)
    assert zones.count(Zone.DEMOTION) == (demoted(members) if tier > 1 else 0)


@given(st.integers(1, 30), st.integers(1, 10), st.data())
def test_tiers_move_by_one_within_one_and_ten_and_idle_members_never_rise(
    members: int, tier: int, data: st.DataObject
) -> None:
    rank = data.draw(st.integers(1, members))
    after = next_tier(Standing(tier, members, rank, 50))
    assert 1 <= after <= 10
    assert abs(after - tier) <= 1
    assert next_tier(Standing(tier, members, rank, 0)) <= tier


def test_newcomers_start_at_the_bottom() -> None:
    assert next_tier(None) == 1


moments = st.timedeltas(timedelta(0), timedelta(days=7000)).map(lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since)


@given(moments)
def test_a_week_begins_on_monday_and_holds_its_moments(moment: datetime) -> None:
    week_on = week_of(moment)
    assert week_on.weekday() == 0
    assert ends_at(week_on) - timedelta(days=7) <= moment < ends_at(week_on)


@given(st.integers(0, 4_000_000), st.integers(0, 604_799_999), st.integers(0, 4_000_000), st.integers(0, 604_799_999))
def test_scores_are_exact_and_order_by_xp_then_by_who_was_first(xp: int, ms: int, xp_2: int, ms_2: int) -> None:
    week_on = date(2026, 11, 16)
    start = datetime(2026, 11, 16, tzinfo=UTC)
    at, at_2 = start + timedelta(milliseconds=ms), start + timedelta(milliseconds=ms_2)
    first, second = float(_score(xp, at, week_on)), float(_score(xp_2, at_2, week_on))
    assert _unpacked(first, week_on) == (xp, at)
    assert (first > second) == ((-xp, at) < (-xp_2, at_2))
