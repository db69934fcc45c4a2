"""When to remind whom of what. A failure is counted from when we first saw it."""

from datetime import datetime, timedelta

REMINDER_DAYS = (2, 7, 14, 21)
"""After a payment failed; with each the provider is asked to try again."""
LAST_CHANCE = timedelta(days=1)
"""From the last reminder to the end of the subscription, so that its attempt and a new card can still arrive."""
TRIAL_NOTICE = timedelta(days=3)
YEAR_NOTICE = timedelta(days=7)


def reminder_due(past_due_since: datetime, sent: int, now: datetime) -> int | None:
    """The number of the reminder to send, from 1, when `sent` of them were; None for none. After an outage only the
    latest is sent: nobody gets four letters in an hour."""
    days = (now - past_due_since) // timedelta(days=1)
    reached = sum(day <= days for day in REMINDER_DAYS)
    return reached if reached > sent else None


def is_hopeless(past_due_since: datetime, sent: int, now: datetime) -> bool:
    """Whether all reminders were sent in vain and the subscription is to be cancelled."""
    last = past_due_since + timedelta(days=REMINDER_DAYS[-1])
    return sent >= len(REMINDER_DAYS) and now >= last + LAST_CHANCE


def notice_due(start: datetime, end: datetime, ahead: timedelta, now: datetime) -> bool:
    """Whether the end of what began at `start` is to be announced: so much ahead, yet not in its first half."""
    return max(end - ahead, start + (end - start) / 2) <= now < end
