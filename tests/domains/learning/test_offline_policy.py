"""When something happened that was done without a network, whatever the client's clock says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domains.kernel.zones import local_date
from domains.learning.policy.offline import Batch, moment, moments

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
DOWNLOADED = NOW - timedelta(days=3)
any_moment = st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/New_York")]))
ago = st.timedeltas(timedelta(0), timedelta(days=3))


@given(any_moment, any_moment, any_moment)
def test_whatever_a_client_says_nothing_happened_after_it_arrived_or_before_it_could(
    sent_at: datetime, claimed: datetime, since: datetime
) -> None:
    found = moment(claimed, Batch(sent_at, NOW), since=min(since, NOW))
    assert min(since, NOW) <= found <= NOW


@given(st.timedeltas(timedelta(days=-30_000), timedelta(days=30_000)), ago)
def test_a_clock_that_is_wrong_by_any_amount_credits_the_right_moment(wrong: timedelta, before: timedelta) -> None:
    sent_at = NOW + wrong
    assert moment(sent_at - before, Batch(sent_at, NOW), since=DOWNLOADED) == NOW - before


@given(st.lists(any_moment), any_moment)
def test_what_was_done_one_after_the_other_stays_in_that_order(claimed: list[datetime], sent_at: datetime) -> None:
    found = moments(claimed, Batch(sent_at, NOW), since=DOWNLOADED)
    assert found == sorted(found)
    assert len(found) == len(claimed)


@given(st.lists(ago, max_size=20))
def test_what_an_honest_client_says_in_order_is_taken_as_it_is(before: list[timedelta]) -> None:
    claimed = [NOW - each for each in sorted(before, reverse=True)]
    assert moments(claimed, Batch(NOW, NOW), since=DOWNLOADED) == claimed


def test_an_evening_before_the_clocks_went_forward_is_still_that_evening() -> None:
    """New York, 2026: the night of 7 to 8 March has no hour from two to three."""
    evening = datetime(2026, 3, 7, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    found = moment(evening, Batch(NOW, NOW), since=DOWNLOADED)
    assert local_date(found, "America/New_York") == evening.date()
