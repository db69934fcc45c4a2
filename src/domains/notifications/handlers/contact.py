"""Answers to messages by the contact form leave by mail."""

from domains.kernel.uow import Subscription
from domains.notifications.events import TicketAnswered
from domains.notifications.service.contact import send_answer

SUBSCRIPTIONS = [Subscription("notifications.send_answer", TicketAnswered, send_answer, "after")]
