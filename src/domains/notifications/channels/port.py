"""What the pipeline asks of a way out. A message is complete: nothing is looked up while it is sent."""

from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from domains.notifications.policy.kinds import Channel, Urgency


class Mail(NamedTuple):
    """`message_id` stays the same for every try, so that whoever gets it twice can tell."""

    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    unsubscribe_url: str | None
    """One click by POST, without a login (RFC 8058); None where it may not be switched off."""
    pressing: bool = False
    """Somebody waits for it: it goes before what can wait."""


class WebPush(NamedTuple):
    endpoint: str
    p256dh: bytes
    auth: bytes
    payload: bytes
    """JSON for the service worker; at most 3,993 bytes fit."""
    ttl_s: int
    urgency: Urgency
    topic: str
    """A newer one with the same topic replaces one that waits; at most 32 characters of base64url."""


class MobilePush(NamedTuple):
    token: str
    title: str
    body: str
    url: str
    ttl_s: int
    urgency: Urgency
    collapse_key: str


class Accepted(NamedTuple):
    """`reference`: what the other side called it, for support."""

    reference: str


class Held(Exception):
    """Not now: try again, not before `retry_after_s`. `reference`: what to hand back in `Due.reference` then, because
    some of several devices have taken it already. `untried`: the other side was not asked, for want of room."""

    def __init__(self, reason: str, retry_after_s: float = 0.0, *, reference: str = "", untried: bool = False) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.reference = reference
        self.untried = untried


class Refused(Exception):
    """Never: the address is `gone` (prune or suppress it), or the message cannot be taken."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


class MailSender(Protocol):
    async def send(self, mail: Mail) -> Accepted:
        """Raises Held, Refused. Ten seconds at most."""
        ...

    async def aclose(self) -> None: ...


class WebPushSender(Protocol):
    def takes(self, endpoint: str) -> bool:
        """Whether it is, by its form, an address that pushes may go to."""
        ...

    async def public_key(self) -> str:
        """The VAPID key that browsers subscribe with, base64url."""
        ...

    async def send(self, push: WebPush) -> Accepted:
        """Raises Held, Refused. Five seconds at most."""
        ...

    async def aclose(self) -> None: ...


class MobilePushSender(Protocol):
    async def send(self, push: MobilePush) -> Accepted:
        """Raises Held, Refused. Ten seconds at most."""
        ...

    async def aclose(self) -> None: ...


class Senders:
    """The ways out that are set up. Mail is always there: without SMTP it goes to a local outbox."""

    def __init__(
        self,
        *,
        mail: MailSender,
        web_push: WebPushSender | None,
        mobile_push: MobilePushSender | None,
        public_url: str,
        postal_address: str = "",
        development: bool = False,
        mail_webhook_secret: str = "",
    ) -> None:
        """`postal_address` stands below every mail; `development` shows pages that only developers may see;
        `mail_webhook_secret` is what a mail provider proves itself with, "" for none."""
        self.mail = mail
        self.web_push = web_push
        self.mobile_push = mobile_push
        self.public_url = public_url.rstrip("/")
        self.postal_address = postal_address
        self.development = development
        self.mail_webhook_secret = mail_webhook_secret

    def offers(self, channel: Channel) -> bool:
        return {
            "in_app": True,
            "email": True,
            "web_push": self.web_push is not None,
            "mobile_push": self.mobile_push is not None,
        }[channel]

    async def aclose(self) -> None:
        for sender in (self.mail, self.web_push, self.mobile_push):
            if sender is not None:
                await sender.aclose()


class Due(NamedTuple):
    """One delivery as it is sent."""

    id: UUID
    user_id: UUID
    kind: str
    channel: Channel
    params: dict[str, object]
    url: str
    attempts: int
    created_at: datetime
    expires_at: datetime
    reference: str = ""
    """Of the row: empty, or what the try before had in `Held.reference`."""
