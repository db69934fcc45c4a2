"""What is worth telling a learner."""

from domains.notifications.handlers import billing, learning

SUBSCRIPTIONS = [*learning.SUBSCRIPTIONS, *billing.SUBSCRIPTIONS]
