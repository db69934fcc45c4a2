"""What people were told and will be told, how they want it, and where it goes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class Notification(Identified, Dated, Base):
    """The in-app inbox."""

    __tablename__ = "notifications_notification"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    dedupe_key: Mapped[str] = mapped_column(Text)
    """Names the cause: one cause is told once."""
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    archived_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_notifications_notification_cause", "user_id", "dedupe_key", unique=True),
        Index("ix_notifications_notification_newest", "user_id", "id"),
        Index("ix_notifications_notification_unread", "user_id", postgresql_where=text("read_at IS NULL")),
    )


class DeliveryRow(Identified, Dated, Base):
    """One cause to one person by one channel, whatever becomes of it. The row is the work: a job only looks at it."""

    __tablename__ = "notifications_delivery"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    dedupe_key: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """For the template. Ids, names of courses, amounts; never a secret or an address."""
    url: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    """waiting (for `due_at`), digest (for the next digest), sent, digested, expired, skipped (by the person's wish),
    failed (for good)."""
    reason: Mapped[str] = mapped_column(Text, server_default="")
    """Why it is skipped, put off or failed; for support."""
    due_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    """Until then whoever claimed it is sending it."""
    queued_until: Mapped[datetime | None] = mapped_column(Moment)
    """Until then a job is on its way to it."""
    reference: Mapped[str] = mapped_column(Text, server_default="")
    """What the other side called it when it took it."""
    sent_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_notifications_delivery_cause", "user_id", "dedupe_key", "channel", unique=True),
        Index("ix_notifications_delivery_due", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_notifications_delivery_digest", "user_id", postgresql_where=text("state = 'digest'")),
        Index("ix_notifications_delivery_sent", "user_id", "channel", "sent_at"),
        Index("ix_notifications_delivery_newest", "user_id", "id"),
        Index(
            "ix_notifications_delivery_old", "created_at", postgresql_where=text("state NOT IN ('waiting', 'digest')")
        ),
    )


class Preference(Base):
    """How somebody wants a kind, or a whole category, on a channel. A kind's own row wins over its category's."""

    __tablename__ = "notifications_preference"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    """A kind's id, or `category:<name>`."""
    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    frequency: Mapped[str] = mapped_column(Text)
    """instant, daily, weekly or off."""


class Settings(Base):
    """One row per person who has changed anything; the defaults are the policy's."""

    __tablename__ = "notifications_settings"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    """Minutes after local midnight; with `quiet_until`, which may be the next morning. An equal pair: none; null:
    nothing said."""
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    digest_hour: Mapped[int] = mapped_column(SmallInteger, server_default="18")
    """Local."""
    paused_until: Mapped[datetime | None] = mapped_column(Moment)
    marketing_since: Mapped[datetime | None] = mapped_column(Moment)
    """When somebody agreed to marketing; null for those who have not, or not any longer."""
    marketing_proof: Mapped[str] = mapped_column(Text, server_default="")
    """By what they agreed, and withdrew, one line each."""


class Attention(Base):
    """When somebody last read or tapped anything: what was sent before it and since is counted from the deliveries."""

    __tablename__ = "notifications_attention"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    attended_at: Mapped[datetime] = mapped_column(Moment)


class Suppression(Dated, Base):
    """An address that mail never goes to again, unless somebody lifts it."""

    __tablename__ = "notifications_suppression"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    """In lower case."""
    reason: Mapped[str] = mapped_column(Text)
    """bounce, complaint or manual."""
    detail: Mapped[str] = mapped_column(Text, server_default="")


class WebPushSubscription(Identified, Dated, Base):
    __tablename__ = "notifications_web_push"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(Text, unique=True)
    p256dh: Mapped[bytes] = mapped_column(LargeBinary)
    auth: Mapped[bytes] = mapped_column(LargeBinary)
    device: Mapped[str] = mapped_column(Text, server_default="")
    """What the person sees in the list of devices."""
    seen_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    """When it last said that it is still there."""


class MobileDevice(Identified, Dated, Base):
    __tablename__ = "notifications_mobile_device"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    platform: Mapped[str] = mapped_column(Text)
    """android or ios."""
    seen_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class ServerKey(Dated, Base):
    """Keys that are made at first start and kept: VAPID's pair, the secret of unsubscribe links."""

    __tablename__ = "notifications_key"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)


class LocalMail(Identified, Dated, Base):
    """The outbox of a house without SMTP: mails as they would have left, for a page in development."""

    __tablename__ = "notifications_local_mail"

    to_address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    message: Mapped[bytes] = mapped_column(LargeBinary)
    """RFC 5322."""
    message_id: Mapped[str] = mapped_column(Text, unique=True)


class PracticeHour(Base):
    """How often somebody practised in an hour of their own day, for reminders at the usual time."""

    __tablename__ = "notifications_practice_hour"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    lessons: Mapped[int] = mapped_column(Integer)


class Reminder(Base):
    """What a clock has yet to look at for somebody. A row that was looked at goes, so a late or double clock changes
    nothing; practice puts the next one in the place of the last."""

    __tablename__ = "notifications_reminder"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    what: Mapped[str] = mapped_column(Text, primary_key=True)
    """streak or recap."""
    local_on: Mapped[date] = mapped_column(Date, primary_key=True)
    """The person's own date on which a streak would end, or the Monday of the week that is told of."""
    hour: Mapped[int] = mapped_column(SmallInteger)
    """Local."""
    due_at: Mapped[datetime] = mapped_column(Moment, index=True)


class Announcement(Identified, Dated, Base):
    __tablename__ = "notifications_announcement"

    author_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id"))
    audience: Mapped[str] = mapped_column(Text)
    """everybody, course:<id>, class:<id> or role:<name>."""
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, server_default="")
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(Text)
    """draft, sending, sent or cancelled."""
    recipients: Mapped[int] = mapped_column(Integer, server_default="0")
    reached: Mapped[UUID | None] = mapped_column()
    """The last recipient for whom it was planned; a worker goes on behind."""
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


class Ticket(Identified, Dated, Base):
    """A message by the contact form."""

    __tablename__ = "notifications_ticket"

    number: Mapped[str] = mapped_column(Text, unique=True)
    """What people quote."""
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    spam_score: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """0 to 100."""
    state: Mapped[str] = mapped_column(Text)
    """open, answered, undelivered (the answer was refused where it went), closed or spam."""
    answer: Mapped[str] = mapped_column(Text, server_default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    address_digest: Mapped[bytes] = mapped_column(LargeBinary)
    """Of where it came from, for the limit; not the address itself."""

    __table_args__ = (
        Index("ix_notifications_ticket_queue", "state", "id"),
        Index("ix_notifications_ticket_email", func.lower(text("email")), "created_at"),
        Index("ix_notifications_ticket_sender", "address_digest", "created_at"),
    )
