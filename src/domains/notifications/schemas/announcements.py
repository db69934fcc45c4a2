"""Announcements over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domains.kernel.wire import In, Out

ChannelName = Literal["in_app", "email", "web_push", "mobile_push"]


class NewsIn(In, frozen=True):
    """`url`: a path within the client, or an https address."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000, pattern=r"\S")]
    url: Annotated[str, msgspec.Meta(max_length=500, pattern=r"\A(?:/(?!/)\S*|https://\S+)\Z")] = "/notifications"
    channels: Annotated[tuple[ChannelName, ...], msgspec.Meta(min_length=1, max_length=4)] = ("in_app",)


class AnnouncementIn(NewsIn, frozen=True, kw_only=True):
    """`audience`: everybody, course:<id>, class:<id> or role:<name>. `url`: a path within the client, or an https
    address."""

    audience: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class AnnouncementOut(Out, frozen=True):
    id: UUID
    author_id: UUID
    audience: str
    title: str
    body: str
    url: str
    channels: list[ChannelName]
    state: Literal["draft", "sending", "sent", "cancelled"]
    recipients: int
    """For how many it has been planned so far."""
    created_at: datetime
    sent_at: datetime | None


class PreviewOut(Out, frozen=True):
    """`recipients`: how many the audience has now, closed accounts of a course or class among them. What each of them
    wishes is looked at when it is sent. The mail is as its author would get it."""

    recipients: int
    title: str
    body: str
    mail_subject: str
    mail_text: str
    mail_html: str
