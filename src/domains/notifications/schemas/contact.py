"""The contact form and its queue over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domains.kernel.wire import In, Out

TicketState = Literal["open", "answered", "undelivered", "closed", "spam"]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=5_000, pattern=r"\S")]


class ContactIn(In, frozen=True):
    """`website` is a field that people do not see and leave empty."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=150, pattern=r"\S")]
    message: Text
    locale: Annotated[str, msgspec.Meta(min_length=2, max_length=35)] = "en"
    website: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


class ContactOut(Out, frozen=True):
    """`number`: what to quote; the answer comes by mail."""

    number: str


class TicketOut(Out, frozen=True):
    id: UUID
    number: str
    state: TicketState
    user_id: UUID | None
    """Who was logged in."""
    name: str
    email: str
    subject: str
    body: str
    spam_score: int
    answer: str
    answered_by: UUID | None
    answered_at: datetime | None
    created_at: datetime


class AnswerIn(In, frozen=True):
    """Plain text; an empty line begins a paragraph."""

    answer: Text
