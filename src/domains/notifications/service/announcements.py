"""Announcements to many. Invariant: everybody in the audience is told once, however often the work is interrupted: how
far it has come is written in the transaction that plans for the people up to there.

People are read a page at a time, in the order of their ids, so it takes no more memory for a million than for two
hundred. Who joins while it is sent may or may not be told."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from domains.catalog import api as catalog
from domains.classrooms import api as classrooms
from domains.identity import api as identity
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import api as learning
from domains.notifications.channels.port import Senders
from domains.notifications.errors import AnnouncementFixed, AnnouncementNotFound, BadAudience
from domains.notifications.models import Announcement
from domains.notifications.policy.audience import Audience, parsed
from domains.notifications.policy.kinds import Channel
from domains.notifications.rendering import render
from domains.notifications.rendering.render import MailWords, Words
from domains.notifications.repository import announcements as repository
from domains.notifications.repository import deliveries
from domains.notifications.service import mails, plan
from domains.notifications.service.plan import Telling

AT_ONCE = 200

log = logging.getLogger(__name__)


class Draft(NamedTuple):
    audience: str
    title: str
    body: str
    url: str
    channels: Sequence[Channel]


class Preview(NamedTuple):
    recipients: int
    words: Words
    mail: MailWords


async def draft(uow: UnitOfWork, author_id: UUID, wanted: Draft) -> Announcement:
    """Raises BadAudience, BadField."""
    audience = parsed(wanted.audience)
    if audience.what == "course" and not await catalog.published_courses(uow, [audience.group_id]):
        raise BadAudience("there is no such course")
    if audience.what == "class" and await classrooms.name(uow, audience.group_id) is None:
        raise BadAudience("there is no such class")
    made = Announcement(
        id=new_id(),
        author_id=author_id,
        audience=wanted.audience,
        title=" ".join(identity.checked_text("title", wanted.title).split()),
        body=identity.checked_text("body", wanted.body).strip(),
        url=identity.checked_text("url", wanted.url),
        channels=list(dict.fromkeys(wanted.channels)),
        state="draft",
        recipients=0,
    )
    uow.session.add(made)
    await uow.session.flush()
    await uow.session.refresh(made)
    return made


async def show(uow: UnitOfWork, announcement_id: UUID, *, within: str | None = None) -> Announcement:
    """`within`, here and below: the audience that it must have, for those who may write to that one alone. Raises
    AnnouncementNotFound."""
    return await _found(uow, announcement_id, within)


async def preview(uow: UnitOfWork, announcement_id: UUID, reader_id: UUID, *, within: str | None = None) -> Preview:
    """As its author would read it. Raises AnnouncementNotFound."""
    found = await _found(uow, announcement_id, within)
    kind, params = await _told(uow, found)
    reader = await identity.contact(uow, reader_id)
    locale, name = (reader.locale, reader.name) if reader else ("en", "")
    zone = await identity.time_zone(uow, reader_id)
    url = mails.address_of(uow.db.port(Senders).public_url, found.url)
    mail = render.mail(kind, params, locale, person_name=name, url=url, unsubscribe_url=None, zone=zone)
    words = render.in_app(kind, params, locale, zone=zone, person_name=name)
    return Preview(await _count(uow, parsed(found.audience)), words, mail)


async def send(uow: UnitOfWork, announcement_id: UUID, *, within: str | None = None) -> Announcement:
    """Begins to send a draft; again changes nothing. Raises AnnouncementNotFound, AnnouncementFixed."""
    found = await _found(uow, announcement_id, within, lock=True)
    if found.state == "cancelled":
        raise AnnouncementFixed
    if found.state == "draft":
        found.state = "sending"
    return found


async def cancel(uow: UnitOfWork, announcement_id: UUID, *, within: str | None = None) -> Announcement:
    """Who has been told stays told; mails and pushes that still wait, for the morning say, do not leave. Raises
    AnnouncementNotFound, AnnouncementFixed where everybody has been told."""
    found = await _found(uow, announcement_id, within, lock=True)
    if found.state == "sent":
        raise AnnouncementFixed
    found.state = "cancelled"
    await deliveries.call_off(uow.session, _cause(found))
    return found


async def plan_more(db: Database, now: datetime) -> bool:
    """Goes on with all that are being sent, by a page each; False where there is none. Asked whenever what was planned
    has left: what else is due never stands behind more than that. One that fails keeps no other waiting."""
    planned = False
    for announcement_id in await repository.sending(db):
        try:
            planned |= await _plan_page(db, announcement_id, now)
        except Exception:
            log.exception("announcement %s could not be sent on", announcement_id)
    return planned


async def _plan_page(db: Database, announcement_id: UUID, now: datetime) -> bool:
    """Plans for the next page of people; False when there is none, or when it is not ours to send any more."""
    async with db.begin() as uow:
        found = await repository.take(uow.session, announcement_id)
        if found is None:
            return False
        page, people = await _page(uow, parsed(found.audience), found.reached)
        if not page:
            found.state, found.sent_at = "sent", now
            return False
        kind, params = await _told(uow, found)
        tellings = [Telling(user_id, params, found.url, _cause(found)) for user_id in people]
        await plan.notify_many(uow, kind, tellings, now=now, channels=cast("list[Channel]", found.channels))
        found.reached = page[-1]
        found.recipients += len(people)
        return True


def _cause(found: Announcement) -> str:
    return f"announcement:{found.id}"


async def _told(uow: UnitOfWork, found: Announcement) -> tuple[str, dict[str, object]]:
    """The kind and what its text speaks of: to those who learn a course, or in a class, it is news of that."""
    params: dict[str, object] = {"title": found.title, "body": found.body}
    params["author"] = (await identity.names(uow, [found.author_id])).get(found.author_id, "")
    audience = parsed(found.audience)
    match audience.what:
        case "course":
            courses = await catalog.published_courses(uow, [audience.group_id])
            group = courses[audience.group_id].course.title if audience.group_id in courses else None
        case "class":
            group = await classrooms.name(uow, audience.group_id)
        case _:
            return "announcement", params
    if group is not None:
        params["course"] = group
    return "class_announcement", params


async def _page(uow: UnitOfWork, audience: Audience, after: UUID | None) -> tuple[list[UUID], list[UUID]]:
    """The next ids behind `after`, and those of them who are to be told."""
    if audience.what in ("course", "class"):
        group = learning.enrolled if audience.what == "course" else classrooms.members
        page = await group(uow, audience.group_id, after=after, most=AT_ONCE)
        return page, await identity.members(uow, among=page, most=AT_ONCE) if page else []
    role = identity.Role(audience.role) if audience.role else None
    page = await identity.members(uow, role=role, after=after, most=AT_ONCE)
    return page, page


async def _count(uow: UnitOfWork, audience: Audience) -> int:
    if audience.what == "course":
        return await learning.count_enrolled(uow, audience.group_id)
    if audience.what == "class":
        return await classrooms.count_members(uow, audience.group_id)
    return await identity.count_members(uow, role=identity.Role(audience.role) if audience.role else None)


async def _found(uow: UnitOfWork, announcement_id: UUID, within: str | None, *, lock: bool = False) -> Announcement:
    found = await repository.announcement(uow.session, announcement_id, lock=lock)
    if found is None or within not in (None, found.audience):
        raise AnnouncementNotFound
    return found
