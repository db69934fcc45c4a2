"""What an operator watches of billing."""

from prometheus_client import Counter

WEBHOOKS = Counter("lyceum_webhooks_total", "Webhooks by what became of them.", ["provider", "outcome"])
"""Outcomes: received, repeated, refused, applied, ignored, quarantined (alarm on any)."""
RECONCILED = Counter(
    "lyceum_reconciled_total", "Differences with a provider that reconciliation found", ["provider", "what"]
)
