"""What is worth telling a learner, and sending it."""

from domains.notifications.handlers import account, billing, contact, deliveries, learning

SUBSCRIPTIONS = [
    *account.SUBSCRIPTIONS,
    *learning.SUBSCRIPTIONS,
    *billing.SUBSCRIPTIONS,
    *contact.SUBSCRIPTIONS,
    *deliveries.SUBSCRIPTIONS,
]
