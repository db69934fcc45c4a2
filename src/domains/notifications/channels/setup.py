"""Which ways out there are, by what is set."""

from email.utils import parseaddr
from pathlib import Path

from domains.kernel.addresses import PublicHttps
from domains.kernel.egress import Egress
from domains.notifications.channels.fcm import BadCredentials, Fcm, ServiceAccount
from domains.notifications.channels.local import SENDER, Keep, LocalOutbox, NoMail
from domains.notifications.channels.message import parsed_sender
from domains.notifications.channels.port import MailSender, Senders
from domains.notifications.channels.smtp import SmtpSender, parsed_server
from domains.notifications.channels.web_push import ReadKey, WebPushes


class BadSetting(ValueError):
    """One line: what is wrong with the setting `name`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def open_senders(
    *,
    smtp_url: str,
    mail_from: str,
    keep_mail: Keep,
    read_vapid: ReadKey,
    fcm_credentials: str,
    production: bool,
    public_url: str,
    postal_address: str = "",
    mail_webhook_secret: str = "",
) -> Senders:
    """Without an SMTP server mails are kept here, except in production, where they wait for one. Nothing is connected
    to before the first message. Raises BadSetting."""
    return Senders(
        mail=_mail(smtp_url, mail_from, keep_mail, production=production),
        web_push=WebPushes(read_vapid, Egress(PublicHttps()), subject=_reachable(mail_from, public_url)),
        mobile_push=_phones(fcm_credentials),
        public_url=public_url,
        postal_address=postal_address,
        development=not production,
        mail_webhook_secret=mail_webhook_secret,
    )


def _mail(smtp_url: str, mail_from: str, keep_mail: Keep, *, production: bool) -> MailSender:
    sender = mail_from or ("" if smtp_url else SENDER)
    try:
        parsed_sender(sender)
    except ValueError:
        raise BadSetting("mail_from", "an address to send from, e.g. Lyceum <hello@example.org>") from None
    if not smtp_url:
        return NoMail() if production else LocalOutbox(keep_mail, sender)
    try:
        return SmtpSender(parsed_server(smtp_url), sender)
    except ValueError as error:
        raise BadSetting("smtp_url", str(error)) from None


def _phones(fcm_credentials: str) -> Fcm | None:
    if not fcm_credentials:
        return None
    try:
        return Fcm(ServiceAccount.read(Path(fcm_credentials)))
    except BadCredentials as error:
        raise BadSetting("fcm_credentials", str(error)) from None


def _reachable(mail_from: str, public_url: str) -> str:
    """Where the operator of a push service reaches ours; "" for nowhere: some take no address that is none."""
    address = parseaddr(mail_from)[1]
    if address and not address.endswith("@localhost"):
        return f"mailto:{address}"
    return public_url if public_url.startswith("https://") else ""
