"""Whether, when and how somebody is told: the rules alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from domains.notifications.policy.backoff import MOST_TRIES, delay_s, held_back
from domains.notifications.policy.kinds import CATEGORIES, CHANNELS, EMAIL, IN_APP, KINDS, PUSH, Channel
from domains.notifications.policy.planning import (
    FREQUENCIES,
    MOST_A_DAY,
    Lately,
    Wishes,
    backs_off,
    capped,
    category_scope,
    choices,
    decide,
    fixed,
    frequency,
    quiet_hours,
)
from domains.notifications.policy.quiet import Quiet, day_begins, ends_at, next_at, next_day_at

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
KOLKATA, BERLIN, NEW_YORK = "Asia/Kolkata", "Europe/Berlin", "America/New_York"

zones = st.sampled_from(sorted(available_timezones() - {"localtime"}))
minutes = st.integers(0, 24 * 60 - 1)
moments = st.integers(0, 5_000_000).map(lambda minute: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
quiets = st.builds(Quiet, minutes, minutes)
kinds = st.sampled_from(list(KINDS.values()))
outside: list[Channel] = [channel for channel in CHANNELS if channel != IN_APP]
scopes = st.sampled_from([*KINDS, *map(category_scope, CATEGORIES)])
chosen = st.dictionaries(st.tuples(scopes, st.sampled_from(CHANNELS)), st.sampled_from(FREQUENCIES))
wishes = st.builds(
    Wishes,
    zone=zones,
    chosen=chosen,
    quiet=st.none() | quiets,
    digest_hour=st.integers(0, 23),
    paused_until=st.none() | moments,
    marketing=st.booleans(),
)
latelies = st.builds(Lately, st.integers(0, 9), st.integers(0, 9), st.booleans())


def minute(moment: datetime, zone: str) -> int:
    local = moment.astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# ---- preferences


@given(kinds, st.sampled_from(CHANNELS), chosen)
def test_what_may_not_be_switched_off_is_not_whatever_was_chosen(kind, channel, chosen) -> None:  # type: ignore[no-untyped-def]
    found = frequency(kind, channel, chosen)
    if fixed(kind, channel):
        assert found == "instant"
    own = chosen.get((kind.id, channel))
    if own in choices(kind, channel):
        assert found == own


@given(kinds, st.sampled_from(CHANNELS), chosen)
def test_without_a_word_of_its_own_a_kind_follows_its_category_and_that_never_brings_it_elsewhere_at_once(  # type: ignore[no-untyped-def]
    kind, channel, chosen
) -> None:
    chosen = {key: value for key, value in chosen.items() if key[0] != kind.id}
    found = frequency(kind, channel, chosen)
    if channel not in kind.channels:
        assert found != "instant"
    said = chosen.get((category_scope(kind.category), channel))
    if said == "off" and not fixed(kind, channel):
        assert found == "off"
    if said is None:
        assert found == ("instant" if channel in kind.channels else "off")


def test_a_kinds_word_wins_over_its_categorys_on_that_channel_only() -> None:
    said = {("category:learning", EMAIL): "off", ("course_completed", EMAIL): "instant"}
    assert frequency(KINDS["course_completed"], EMAIL, said) == "instant"
    assert frequency(KINDS["answer_accepted"], EMAIL, said) == "off"
    assert frequency(KINDS["streak_at_risk"], "web_push", said) == "instant"
    assert frequency(KINDS["lesson_completed"], EMAIL, {("category:learning", EMAIL): "daily"}) == "daily"
    # What cannot wait comes at once where it comes at all.
    assert frequency(KINDS["weekly_recap"], EMAIL, {("category:learning", EMAIL): "daily"}) == "instant"
    assert frequency(KINDS["streak_at_risk"], EMAIL, {("category:learning", EMAIL): "daily"}) == "off"


# ---- decisions


@given(kinds, st.sampled_from(outside), wishes, latelies, moments)
def test_every_decision_keeps_the_promises(kind, channel, wished, lately, now) -> None:  # type: ignore[no-untyped-def]
    found = decide(kind, channel, wished, lately, now)
    assert found.due_at >= now
    assert (found.reason == "") == (found.state == "waiting" and found.due_at == now)
    if found.state != "skipped":
        assert found.due_at < found.expires_at
    if fixed(kind, channel):
        assert found.state == "waiting"
    if kind.critical and channel in kind.channels:
        assert (found.state, found.due_at) == ("waiting", now)
    if frequency(kind, channel, wished.chosen) == "off":
        assert found.state == "skipped"
    if kind.category == "marketing" and not wished.marketing:
        assert found.state == "skipped"
    if found.state == "waiting" and not kind.critical and kind.optional:
        quiet = quiet_hours(wished, channel)
        assert quiet is None or quiet.start == quiet.until or not quiet.holds(minute(found.due_at, wished.zone))
        assert wished.paused_until is None or found.due_at >= wished.paused_until
        if capped(kind) and lately.today >= MOST_A_DAY:
            assert found.due_at >= day_begins(found.due_at, wished.zone) > now or wished.paused_until is not None
        assert not (backs_off(kind) and lately.ignored >= 4)


@given(kinds, st.sampled_from(outside), wishes, latelies, moments)
def test_asked_again_when_it_is_due_it_goes_unless_something_new_forbids_it(  # type: ignore[no-untyped-def]
    kind, channel, wished, lately, now
) -> None:
    first = decide(kind, channel, wished, lately, now)
    if first.state == "waiting" and not (capped(kind) and lately.today >= MOST_A_DAY):
        again = decide(kind, channel, wished, Lately(), first.due_at, expires_at=first.expires_at)
        assert again == first._replace(reason="")


def test_five_a_day_and_the_sixth_waits_for_the_morning_but_not_what_has_to_be_known() -> None:
    sixth = Lately(today=5)
    wished = Wishes(zone=BERLIN, quiet=Quiet(0, 0))
    late = decide(KINDS["friend_request"], "web_push", wished, sixth, at("2026-06-01T21:00", BERLIN))
    assert (late.state, late.due_at) == ("waiting", at("2026-06-02T08:00", BERLIN))
    assert decide(KINDS["friend_request"], "web_push", wished, Lately(today=4), NOON).due_at == NOON
    for known in ("payment_failed", "security_notice", "course_purchased"):
        assert decide(KINDS[known], EMAIL, wished, sixth, NOON).due_at == NOON
    # By tomorrow morning the streak is over.
    over = decide(KINDS["streak_at_risk"], "web_push", wished, sixth, at("2026-06-01T20:00", BERLIN))
    assert over.state == "skipped"


def test_marketing_needs_consent_outside_of_the_inbox() -> None:
    assert decide(KINDS["announcement"], EMAIL, Wishes(), Lately(), NOON).state == "skipped"
    assert decide(KINDS["announcement"], EMAIL, Wishes(marketing=True), Lately(), NOON).state == "waiting"


def test_a_pause_holds_back_what_may_be_switched_off_and_nothing_else() -> None:
    paused = Wishes(paused_until=NOON + timedelta(days=3))
    friend = decide(KINDS["friend_request"], "web_push", paused, Lately(), NOON)
    assert (friend.state, friend.due_at, friend.reason) == ("waiting", NOON + timedelta(days=3), "paused")
    assert decide(
        KINDS["kudos"], EMAIL, paused._replace(chosen={("kudos", EMAIL): "instant"}), Lately(), NOON
    ).state == ("skipped")
    assert decide(KINDS["payment_failed"], EMAIL, paused, Lately(), NOON).due_at == NOON


def test_at_night_nothing_rings_where_nothing_was_said_and_mails_come() -> None:
    night = at("2026-06-01T23:30", KOLKATA)
    silent, said = Wishes(zone=KOLKATA), Wishes(zone=KOLKATA, quiet=Quiet(23 * 60, 6 * 60))
    never = Wishes(zone=KOLKATA, quiet=Quiet(60, 60))
    for channel in PUSH:
        assert decide(KINDS["friend_request"], channel, silent, Lately(), night).due_at == at(
            "2026-06-02T08:00", KOLKATA
        )
        assert decide(KINDS["friend_request"], channel, never, Lately(), night).due_at == night
    assert decide(KINDS["course_purchased"], EMAIL, silent, Lately(), night).due_at == night
    assert decide(KINDS["course_purchased"], EMAIL, said, Lately(), night).due_at == at("2026-06-02T06:00", KOLKATA)
    assert decide(KINDS["password_reset"], EMAIL, said, Lately(), night).due_at == night


def test_two_ignored_halve_four_silence_and_one_read_restores() -> None:
    went, last = [], False
    for ignored in range(6):
        last = held_back(ignored, last_was_held_back=last)
        went.append(not last)
    assert went == [True, True, False, True, False, False]
    assert [held_back(3, last_was_held_back=last) for last in (False, True)] == [True, False]
    kudos, wished = KINDS["friend_request"], Wishes(quiet=Quiet(0, 0))
    assert decide(kudos, "web_push", wished, Lately(ignored=4), NOON).state == "skipped"
    assert decide(kudos, "web_push", wished, Lately(ignored=0), NOON).state == "waiting"
    # Ignoring what is fun says nothing about what has to be known.
    assert decide(KINDS["payment_failed"], "web_push", wished, Lately(ignored=9), NOON).due_at == NOON


def test_a_digest_comes_at_its_hour_and_a_weekly_one_on_monday() -> None:
    daily = Wishes(zone=NEW_YORK, digest_hour=18, chosen={("category:learning", EMAIL): "daily"})
    found = decide(KINDS["achievement"], EMAIL, daily, Lately(), NOON)
    assert (found.state, found.reason, found.due_at) == ("digest", "daily", at("2026-06-01T18:00", NEW_YORK))
    weekly = daily._replace(chosen={("achievement", EMAIL): "weekly"})
    found = decide(KINDS["achievement"], EMAIL, weekly, Lately(), NOON + timedelta(days=1))
    assert (found.reason, found.due_at) == ("weekly", at("2026-06-08T18:00", NEW_YORK))
    assert found.expires_at > found.due_at


# ---- hours of the day


@given(quiets, moments, zones)
def test_quiet_hours_end_at_the_first_loud_minute(quiet: Quiet, now: datetime, zone: str) -> None:
    end = ends_at(quiet, now, zone)
    if quiet.start == quiet.until or not quiet.holds(minute(now, zone)):
        assert end is None
        return
    assert end is not None
    assert now < end <= now + timedelta(hours=50)
    assert not quiet.holds(minute(end, zone))
    there = ZoneInfo(zone)
    if now.astimezone(there).utcoffset() == end.astimezone(there).utcoffset():
        assert minute(end, zone) == quiet.until
        assert end - now < timedelta(days=1)


def test_quiet_hours_over_midnight_and_both_clock_changes() -> None:
    quiet = Quiet(22 * 60, 7 * 60)
    for day in ("2026-03-28", "2026-10-24", "2026-06-01"):  # the nights in which the clocks change, and another
        end = ends_at(quiet, at(f"{day}T23:00", BERLIN), BERLIN)
        assert end is not None
        assert minute(end, BERLIN) == 7 * 60
    hours = [
        (at(f"{year}T07:00", BERLIN) - at(f"{before}T23:00", BERLIN)) / timedelta(hours=1)
        for before, year in (("2026-03-28", "2026-03-29"), ("2026-10-24", "2026-10-25"))
    ]
    assert hours == [7, 9]
    # An hour that does not exist is over when the clocks go on; one that comes twice is quiet both times.
    assert ends_at(Quiet(60, 150), at("2026-03-29T01:30", BERLIN), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time
    assert ends_at(Quiet(60, 150), again, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(moments, zones, st.integers(0, 23))
def test_the_next_hour_lies_ahead_within_a_day_and_a_week(now: datetime, zone: str, hour: int) -> None:
    found = next_at(now, zone, hour)
    assert now < found <= now + timedelta(hours=50)
    monday = next_at(now, zone, hour, weekday=0)
    assert found <= monday <= now + timedelta(days=9)
    assert day_begins(now, zone) <= now < next_day_at(now, zone, 0) <= next_day_at(now, zone, 8 * 60)


@given(st.integers(1, MOST_TRIES), st.floats(0, 1))
def test_delays_grow_and_never_pass_a_few_hours(attempt: int, spread: float) -> None:
    assert 15 <= delay_s(attempt, spread=spread) <= 3 * 3600
    assert delay_s(attempt, spread=1.0) <= delay_s(attempt + 1, spread=0.0) or attempt >= 9


def test_nothing_is_given_up_before_it_is_not_worth_telling_any_more() -> None:
    longest_s = max(kind.ttl_s for kind in KINDS.values())
    assert sum(delay_s(attempt, spread=0.0) for attempt in range(1, MOST_TRIES)) > longest_s
