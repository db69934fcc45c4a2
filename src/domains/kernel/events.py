"""Facts: what happened, in the past tense, as ids and numbers. A fact never carries a secret."""

from contextvars import ContextVar
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

import msgspec

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""Follows one request through facts, jobs and frames. Set at every entrance: request, job, socket event, command."""


class Published(NamedTuple):
    """Where other systems read a fact: a Redis Stream and the type name they see there."""

    stream: str
    type: str


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of every fact. A subclass sets `tag="domain.fact.vN"`; a changed meaning gets a new N."""

    published: ClassVar[Published | None] = None
    durable: ClassVar[bool] = True
    """False: for live screens only. It skips the outbox, so it may be lost in a crash and must repeat nothing
    that a row does not already say."""

    event_id: UUID = msgspec.field(default_factory=new_id)
    occurred_at: datetime = msgspec.field(default_factory=utc_now)
    correlation_id: str = msgspec.field(default_factory=correlation_id.get)

    @classmethod
    def type_name(cls) -> str:
        """The tag, e.g. `learning.lesson_completed.v1`."""
        tag = cls.__struct_config__.tag
        if not isinstance(tag, str):
            raise TypeError(f"{cls.__name__} has no tag")
        return tag
