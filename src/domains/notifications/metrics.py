"""What an operator watches of notifications."""

from prometheus_client import Counter, Histogram

DELIVERIES = Counter("lyceum_deliveries_total", "Tries to deliver by what became of them.", ["channel", "outcome"])
"""Outcomes: sent, waiting (tried again later), failed (alarm on a rising share), expired."""
DELAY = Histogram(
    "lyceum_delivery_seconds",
    "From the plan to the other side's acceptance.",
    ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 6 * 3600),
)
