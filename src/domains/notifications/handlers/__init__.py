"""What is worth telling a learner, and sending it."""

from domains.notifications.handlers import (
    account,
    achievements,
    billing,
    contact,
    courses,
    deliveries,
    learning,
    social,
)

SUBSCRIPTIONS = [
    *account.SUBSCRIPTIONS,
    *learning.SUBSCRIPTIONS,
    *achievements.SUBSCRIPTIONS,
    *social.SUBSCRIPTIONS,
    *billing.SUBSCRIPTIONS,
    *contact.SUBSCRIPTIONS,
    *courses.SUBSCRIPTIONS,
    *deliveries.SUBSCRIPTIONS,
]
