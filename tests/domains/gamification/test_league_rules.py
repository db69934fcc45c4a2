"""Bands, ties, tiers, gems and who sits with whom: pure rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy import leagues
from domains.gamification.policy.leagues import Outcome, Player, Standing, Zone

START = datetime(2026, 11, 16, tzinfo=UTC)
tiers = st.integers(leagues.LOWEST_TIER, leagues.HIGHEST_TIER)
weeks = st.lists(st.tuples(st.integers(-5, 200), st.integers(0, 3)), min_size=1, max_size=leagues.COHORT_SIZE)
"""XP and minute of the last of it, for each member of a cohort."""


def ended(tier: int, *members: tuple[int, int]) -> list[Outcome]:
    players = [Player(xp, START + timedelta(minutes=at), key) for key, (xp, at) in enumerate(members)]
    return leagues.outcomes(tier, players)


def moves(tier: int, *xp: int) -> str:
    """A letter for each, by rank."""
    found = sorted(ended(tier, *((points, 0) for points in xp)), key=lambda outcome: outcome.standing.rank)
    return "".join(outcome.zone.value[0] for outcome in found)


@given(tiers, weeks)
def test_bands_are_in_order_and_never_meet_and_of_any_cohort_a_third_of_the_active_stays(
    tier: int, week: list[tuple[int, int]]
) -> None:
    found = sorted(ended(tier, *week), key=lambda outcome: outcome.standing.rank)
    zones = [outcome.zone for outcome in found]
    assert zones == sorted(zones, key=[Zone.PROMOTION, Zone.STAY, Zone.DEMOTION].index)
    active = [outcome for outcome in found if outcome.standing.xp > 0]
    assert sum(outcome.zone is Zone.STAY for outcome in active) * 3 >= len(active)
    assert [outcome.standing.rank for outcome in found] == list(range(1, len(found) + 1))


@given(tiers, weeks)
def test_tiers_move_by_one_within_one_and_ten_and_the_idle_never_rise_nor_are_paid(
    tier: int, week: list[tuple[int, int]]
) -> None:
    for outcome in ended(tier, *week):
        assert 1 <= outcome.tier_after <= 10
        assert abs(outcome.tier_after - tier) <= 1
        if outcome.standing.xp <= 0:
            assert outcome.tier_after <= tier
            assert outcome.gems == 0


@pytest.mark.parametrize("tier", range(1, 11))
def test_5_and_5_in_a_cohort_of_10(tier: int) -> None:
    """Bands of fixed size once left nobody staying where few were active."""
    zones = moves(tier, *range(10, 0, -1))
    assert 4 <= zones.count("s") < 10
    assert zones.count("p") + zones.count("d") <= 6


@pytest.mark.parametrize(
    ("tier", "xp", "zones"),
    [
        (1, [9] * 30, "p" * 20 + "s" * 10),
        (5, [9] * 30, "p" * 9 + "s" * 15 + "d" * 6),
        (10, [9] * 30, "s" * 20 + "d" * 10),
        (5, [9] * 4 + [0] * 26, "p" + "s" * 3 + "d" * 26),
        (1, [0] * 30, "s" * 30),
        (5, [9], "s"),
        (5, [9, 0], "sd"),
    ],
)
def test_bands_scale_with_those_who_are_active(tier: int, xp: list[int], zones: str) -> None:
    assert moves(tier, *xp) == zones


def test_among_equals_who_got_there_first_stands_higher() -> None:
    later, first, better = ended(3, (50, 2), (50, 1), (60, 3))
    assert [outcome.standing.rank for outcome in (better, first, later)] == [1, 2, 3]


def test_the_podium_grows_with_the_cohort_and_moving_up_pays() -> None:
    assert [outcome.gems for outcome in ended(10, *((xp, 0) for xp in range(9, 0, -1)))] == [60, 40, 20] + [0] * 6
    assert [outcome.gems for outcome in ended(2, (9, 0), (8, 0), (7, 0))] == [70, 0, 0]
    assert [outcome.gems for outcome in ended(2, (9, 0), (8, 0))] == [10, 0]


def test_newcomers_start_at_the_bottom() -> None:
    assert leagues.next_tier(None) == 1
    assert leagues.pace(None) == 0


@given(st.integers(0, 12), st.integers(-12, 14), st.integers(0, 12), st.integers(-12, 14))
def test_distance_is_the_same_both_ways_and_goes_round_the_clock(
    pace: int, hours: int, pace_2: int, hours_2: int
) -> None:
    found = leagues.distance(pace, hours, pace_2, hours_2)
    assert found == leagues.distance(pace_2, hours_2, pace, hours)
    assert (found == 0) == (pace == pace_2 and (hours - hours_2) % 24 == 0)
    assert found <= 4 * abs(pace - pace_2) + 12


def test_a_doubling_of_pace_is_a_step_and_half_hours_are_rounded() -> None:
    assert [leagues.pace(xp) for xp in (0, 1, 40, 80, 160, 1e9)] == [1, 1, 6, 7, 8, 12]
    zones = ("UTC", "America/St_Johns", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12")
    assert [leagues.utc_hours(START, zone) for zone in zones] == [0, -4, 6, 14, -12]


def test_a_week_can_be_final_ten_minutes_after_it_and_not_before() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert leagues.first_unfinished(monday + timedelta(minutes=9)) == date(2026, 11, 16)
    assert leagues.first_unfinished(monday + timedelta(minutes=10)) == date(2026, 11, 23)


def test_a_standing_alone_says_the_next_tier() -> None:
    assert [leagues.next_tier(Standing(4, 30, rank, 5)) for rank in (1, 10, 11, 25, 26, 30)] == [5, 5, 4, 4, 3, 3]
