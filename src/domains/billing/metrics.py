"""What an operator watches of billing."""

from prometheus_client import Counter, Gauge

WEBHOOKS = Counter("lyceum_webhooks_total", "Webhooks by what became of them.", ["provider", "outcome"])
"""Outcomes: received, repeated, refused, applied, ignored, quarantined. Of this process alone."""
OPEN_WEBHOOKS = Gauge(
    "lyceum_webhooks_open",
    "Webhooks in the database that wait or were set aside",
    ["provider", "state"],
    multiprocess_mode="livemostrecent",
)
"""States: received, quarantined (alarm on any). The same from every process, as workers have no page of figures."""
RECONCILED = Counter(
    "lyceum_reconciled_total", "Differences with a provider that reconciliation found", ["provider", "what"]
)
