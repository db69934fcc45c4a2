"""What a change of plan costs at once, estimated: Razorpay works it out when the change is made and offers no preview.

It settles by time: what is left of the old period is given back, what is left of it is charged at the new price, or,
where the length of the period changes, a new period begins. Its own rounding may differ by a few minor units.
"""

from datetime import datetime, timedelta

from domains.kernel.money import portion

_TICK = timedelta(seconds=1)


def due_on_change(
    old_minor: int, new_minor: int, *, start: datetime | None, end: datetime | None, at: datetime, same_interval: bool
) -> int:
    """Negative where the new plan is worth less. Zero before the first period and after the last."""
    if start is None or end is None or end <= start:
        return 0
    whole = (end - start) // _TICK
    left = min(max((end - at) // _TICK, 0), whole)
    unused = portion(old_minor, left, whole)
    return (portion(new_minor, left, whole) if same_interval else new_minor) - unused
