"""The front door of notifications: for the composition root and its commands only. Nobody else calls it."""

from collections.abc import Callable

from domains.kernel.uow import Database
from domains.notifications.channels import setup
from domains.notifications.channels.port import Held, Refused, Senders
from domains.notifications.channels.setup import BadSetting
from domains.notifications.policy.bounces import MOST_REPORT_BYTES
from domains.notifications.rendering.texts import sample_cases as mail_cases
from domains.notifications.repository import local_mail
from domains.notifications.repository.inbox import since as notifications_since
from domains.notifications.schemas.inbox import NotificationOut
from domains.notifications.schemas.trace import TraceOut
from domains.notifications.service import keys, letters
from domains.notifications.service.letters import preview as preview_mail
from domains.notifications.service.letters import send_test as send_test_mail
from domains.notifications.service.suppression import take_report
from domains.notifications.service.trace import trace

__all__ = [
    "MAIL_KINDS",
    "MOST_REPORT_BYTES",
    "BadSetting",
    "Held",
    "NotificationOut",
    "Refused",
    "Senders",
    "TraceOut",
    "mail_cases",
    "notifications_since",
    "open_senders",
    "preview_mail",
    "send_test_mail",
    "take_report",
    "trace",
]

MAIL_KINDS = letters.kinds()


def open_senders(
    database: Callable[[], Database],
    *,
    smtp_url: str,
    mail_from: str,
    fcm_credentials: str,
    production: bool,
    public_url: str,
    postal_address: str,
    mail_webhook_secret: str,
) -> Senders:
    """`database`: asked when the first message is sent, because it is opened with these. Raises BadSetting."""
    return setup.open_senders(
        smtp_url=smtp_url,
        mail_from=mail_from,
        keep_mail=lambda mail: local_mail.add(database(), mail),
        read_vapid=lambda: keys.vapid_secret(database()),
        fcm_credentials=fcm_credentials,
        production=production,
        public_url=public_url,
        postal_address=postal_address,
        mail_webhook_secret=mail_webhook_secret,
    )
