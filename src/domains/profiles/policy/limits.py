"""How much of everything one person may have: against floods, far from what people need."""

from datetime import timedelta

MOST_FRIENDS = 500
MOST_REQUESTS = 100
"""That wait for an answer, or look so."""
MOST_FOLLOWED = 1000
MOST_BLOCKED = 1000
MOST_REPORTS = 20
REPORTS_WITHIN = timedelta(days=1)

ACTIVITY_KEPT = timedelta(days=30)
REPORTS_KEPT = timedelta(days=365)
"""After they were closed."""
