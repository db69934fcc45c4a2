"""What a subscription gives, what of it is told, and when people are reminded."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.policy import dunning, trials
from domains.billing.policy.seen import SubscriptionSeen, SubscriptionStatus
from domains.billing.policy.subscriptions import (
    GOING_ON,
    LATE_RENEWAL,
    PAST_DUE_ACCESS,
    Change,
    Standing,
    access_until,
    changes,
    looked_at,
    preview_over,
    refusal,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
END = NOW + timedelta(days=30)
SMALL, LARGE = UUID(int=1), UUID(int=2)
STATUSES: list[SubscriptionStatus] = ["incomplete", "trialing", "active", "past_due", "paused", "cancelled"]
DAY = timedelta(days=1)

moments = st.integers(0, 365 * 86_400).map(lambda second: NOW + timedelta(seconds=second))
maybe = st.none() | moments
standings = st.builds(
    Standing,
    status=st.sampled_from(STATUSES),
    price_id=st.sampled_from([SMALL, LARGE]),
    current_period_start=maybe,
    current_period_end=maybe,
    trial_end=maybe,
    cancel_at_period_end=st.booleans(),
    cancelled_at=maybe,
    ended_at=maybe,
    past_due_since=maybe,
)


def standing(status: SubscriptionStatus = "active", **fields: object) -> Standing:
    found = Standing(status, SMALL, current_period_start=NOW, current_period_end=END)
    return found._replace(**fields)  # type: ignore[arg-type]


# ---- access


@pytest.mark.parametrize(
    ("given_", "until"),
    [
        (standing("incomplete"), None),
        (standing("trialing", trial_end=END), END + LATE_RENEWAL),
        (standing("trialing", trial_end=END, cancel_at_period_end=True), END),
        (standing("active"), END + LATE_RENEWAL),
        (standing("active", cancel_at_period_end=True), END),
        (standing("past_due", past_due_since=NOW), NOW + PAST_DUE_ACCESS),
        (standing("paused"), END),
        (standing("cancelled", ended_at=NOW), NOW),
        (standing("cancelled", cancelled_at=NOW), NOW),
    ],
)
def test_what_a_subscription_gives(given_: Standing, until: datetime | None) -> None:
    assert access_until(given_) == until


@given(standings)
def test_nothing_is_given_for_ever_and_nothing_while_incomplete(found: Standing) -> None:
    until = access_until(found)
    if found.status == "incomplete":
        assert until is None
    if until is not None:
        known = [moment for moment in found if isinstance(moment, datetime)]
        assert until - max(LATE_RENEWAL, PAST_DUE_ACCESS) <= max(known)


def seen(status: SubscriptionStatus, **fields: object) -> SubscriptionSeen:
    values = {"current_period_start": NOW, "current_period_end": END, **fields}
    return SubscriptionSeen(subscription_ref="s", status=status, order_id=None, price_id=SMALL, **values)  # type: ignore[arg-type]


def test_a_failure_counts_from_when_it_was_first_seen_and_a_new_one_counts_anew() -> None:
    first = looked_at(standing(), seen("past_due"), SMALL, NOW)
    again = looked_at(first, seen("past_due"), SMALL, NOW + 3 * DAY)
    assert first.past_due_since == again.past_due_since == NOW
    well = looked_at(again, seen("active"), SMALL, NOW + 4 * DAY)
    assert well.past_due_since is None
    assert looked_at(well, seen("past_due"), SMALL, NOW + 30 * DAY).past_due_since == NOW + 30 * DAY


def test_periods_that_pass_during_a_pause_are_not_paid() -> None:
    paused = looked_at(standing(), seen("paused"), SMALL, NOW)
    later = looked_at(paused, seen("paused", current_period_end=END + 30 * DAY), SMALL, NOW)
    assert access_until(later) == access_until(paused) == END
    resumed = looked_at(later, seen("active", current_period_end=END + 60 * DAY), SMALL, NOW)
    assert access_until(resumed) == END + 60 * DAY + LATE_RENEWAL


# ---- what is told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, standing("incomplete"), []),
        (None, standing("cancelled"), []),
        (None, standing("active", cancel_at_period_end=True), ["began", "cancel_scheduled"]),
        (standing("incomplete"), standing("trialing"), ["began"]),
        (standing("incomplete"), standing("cancelled"), []),
        (standing("trialing"), standing("active"), ["renewed"]),
        (standing("active"), standing("active", current_period_end=END + 30 * DAY), ["renewed"]),
        (standing("active"), standing("past_due", current_period_end=END + 30 * DAY), ["past_due"]),
        (standing("past_due"), standing("active", current_period_end=END + 30 * DAY), ["recovered"]),
        (standing("active"), standing("paused"), ["paused"]),
        (standing("past_due"), standing("paused"), ["paused"]),
        (standing("paused"), standing("active", current_period_end=END + 30 * DAY), ["resumed"]),
        (standing("paused"), standing("past_due"), ["resumed", "past_due"]),
        (standing("active"), standing("active", price_id=LARGE), ["plan_changed"]),
        (
            standing("active"),
            standing("active", price_id=LARGE, current_period_end=END + 300 * DAY),
            ["plan_changed"],
        ),
        (standing("active"), standing("active", cancel_at_period_end=True), ["cancel_scheduled"]),
        (standing("active", cancel_at_period_end=True), standing("active"), ["cancel_withdrawn"]),
        (standing("active", cancel_at_period_end=True), standing("cancelled"), ["cancelled"]),
        (standing("past_due"), standing("cancelled", price_id=LARGE), ["plan_changed", "cancelled"]),
    ],
)
def test_what_is_worth_telling(before: Standing | None, after: Standing, told: list[Change]) -> None:
    assert changes(before, after) == told


@given(st.none() | standings, standings)
def test_a_change_is_told_once_and_a_beginning_and_an_end_just_when_they_are(
    before: Standing | None, after: Standing
) -> None:
    told = changes(before, after)
    assert len(set(told)) == len(told)
    assert changes(after, after) == []
    was_on = before is not None and before.status in GOING_ON
    assert ("began" in told) == (not was_on and after.status in GOING_ON)
    assert ("cancelled" in told) == (was_on and after.status == "cancelled")


# ---- what is allowed


def test_what_may_be_done_depends_on_the_state() -> None:
    assert refusal("cancel", standing("past_due")) is None
    assert refusal("cancel", standing("cancelled")) is not None
    assert refusal("pause", standing("active")) is None
    assert refusal("pause", standing("trialing")) is not None
    assert refusal("change", standing("trialing")) is None
    assert refusal("change", standing("past_due")) is not None
    assert refusal("change", standing("active", cancel_at_period_end=True)) is not None
    assert refusal("resume", standing("active", cancel_at_period_end=True)) is None
    assert refusal("payment_method", standing("past_due")) is None
    assert refusal("payment_method", standing("incomplete")) is not None


@pytest.mark.parametrize(("minutes", "over"), [(-61, True), (-60, False), (0, False), (1, False), (2, True)])
def test_a_preview_holds_for_an_hour(minutes: int, over: bool) -> None:
    at = NOW + timedelta(minutes=minutes)
    assert preview_over(at, standing(current_period_start=NOW - DAY), NOW) is over
    assert preview_over(at, standing(current_period_start=at + timedelta(seconds=1)), NOW)


# ---- reminders


@pytest.mark.parametrize(
    ("days", "sent", "due"),
    [(1, 0, None), (2, 0, 1), (6, 1, None), (7, 1, 2), (14, 2, 3), (21, 3, 4), (22, 4, None), (15, 0, 3), (400, 0, 4)],
)
def test_reminders_come_on_their_days_and_never_two_at_once(days: int, sent: int, due: int | None) -> None:
    assert dunning.reminder_due(NOW, sent, NOW + days * DAY) == due


@given(st.lists(st.integers(0, 24 * 40), min_size=1, max_size=60))
def test_whenever_the_job_runs_every_reminder_is_sent_at_most_once_and_the_end_follows_the_last(
    hours: list[int],
) -> None:
    sent: list[int] = []
    for hour in sorted(hours):
        now = NOW + timedelta(hours=hour)
        if dunning.is_hopeless(NOW, sent[-1] if sent else 0, now):
            assert sent[-1] == len(dunning.REMINDER_DAYS)
            assert now >= NOW + timedelta(days=dunning.REMINDER_DAYS[-1]) + dunning.LAST_CHANCE
            return
        step = dunning.reminder_due(NOW, sent[-1] if sent else 0, now)
        if step is not None:
            assert now >= NOW + timedelta(days=dunning.REMINDER_DAYS[step - 1])
            sent.append(step)
    assert sent == sorted(set(sent))


def test_an_end_is_announced_ahead_but_not_in_the_first_half() -> None:
    ahead = dunning.TRIAL_NOTICE
    assert not dunning.notice_due(NOW, NOW + 14 * DAY, ahead, NOW + 10 * DAY)
    assert dunning.notice_due(NOW, NOW + 14 * DAY, ahead, NOW + 11 * DAY)
    assert not dunning.notice_due(NOW, NOW + 14 * DAY, ahead, NOW + 14 * DAY)
    assert not dunning.notice_due(NOW, NOW + 2 * DAY, ahead, NOW)
    assert dunning.notice_due(NOW, NOW + 2 * DAY, ahead, NOW + DAY)


# ---- who had a trial


def test_a_mailbox_is_known_however_it_is_spelled() -> None:
    spellings = ["ada.l@gmail.com", " AdaL+trial@GoogleMail.com", "a.d.a.l+1+2@gmail.com"]
    assert {trials.mailbox(email) for email in spellings} == {"adal@gmail.com"}
    assert trials.mailbox("Ada.L+x@example.org") == "ada.l@example.org"
    assert trials.mailbox("+x@example.org") == "+x@example.org"


def test_marks_hide_what_they_are_made_of_and_differ_by_product() -> None:
    mark = trials.mail_mark(SMALL, "ada@example.org")
    assert "ada" not in mark
    assert mark == trials.mail_mark(SMALL, "ADA+2@example.org") != trials.mail_mark(LARGE, "ada@example.org")
    assert trials.card_mark(SMALL, "fp_1") != trials.card_mark(SMALL, "fp_2")
