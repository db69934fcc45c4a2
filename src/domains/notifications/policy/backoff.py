"""Restraint towards those who do not listen, and delays before the next try. Pure."""

from datetime import timedelta

HALF_FROM = 2
PAUSED_FROM = 4
"""So many in a row on a channel, with nothing read or tapped since."""
IGNORED_AFTER = timedelta(hours=12)
"""What was sent so long ago, and nothing was read or tapped since, was ignored."""
FORGOTTEN_AFTER = timedelta(days=30)
"""What was ignored so long ago counts no more: then one is tried again."""

MOST_TRIES = 120
"""More than fit into a week, which is as long as anything is worth telling: what is given up earlier is lost to a mail
server that was away over a weekend."""
_LONGEST_DELAY_S = 2 * 3600.0


def held_back(ignored: int, *, last_was_held_back: bool) -> bool:
    """Of a channel where the last `ignored` were: from two on every other one, from four on all."""
    if ignored >= PAUSED_FROM:
        return True
    return ignored >= HALF_FROM and not last_was_held_back


def delay_s(attempt: int, *, spread: float) -> float:
    """Seconds before the try after `attempt` (from 1): 15, 30, 60 … up to two hours, up to a fifth longer by `spread`
    (0 to 1), so that what failed together does not come back together."""
    return float(min(15.0 * 2.0 ** (attempt - 1), _LONGEST_DELAY_S) * (1 + spread / 5))
