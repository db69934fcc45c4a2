"""Reports: what people find wrong with people, and what moderators make of it.

Invariant: the answer to a report does not tell whether the person is there; one person's reports about another are one
open report, however often they are made; and nobody reads or judges what was reported about themselves.
"""

import math
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.page import Page, page_of
from domains.kernel.uow import UnitOfWork
from domains.profiles.errors import ReportNotFound, TooManyReports, Yourself
from domains.profiles.policy.fields import checked_lines
from domains.profiles.policy.limits import MOST_REPORTS, REPORTS_WITHIN
from domains.profiles.policy.reports import ReportState, moved
from domains.profiles.repository import profiles
from domains.profiles.repository import reports as repository
from domains.profiles.schemas.people import ReportIn, ReportOut, ReportPatch

_MOST_LETTERS = 1000


async def report(uow: UnitOfWork, me: UUID, other: UUID, data: ReportIn) -> None:
    """Also of somebody who has blocked them, or cannot be seen any more. Raises BadProfileField, Yourself and
    TooManyReports."""
    if me == other:
        raise Yourself
    said, now = checked_lines("text", data.text, _MOST_LETTERS), utc_now()
    # One after the other, so that many at once are no way around the limit.
    await profiles.own(uow.session, me, hold=True)
    count, first_at = await repository.lately(uow.session, me, other, now - REPORTS_WITHIN)
    if count >= MOST_REPORTS and first_at:
        raise TooManyReports(retry_after_s=max(1, math.ceil((first_at + REPORTS_WITHIN - now).total_seconds())))
    about = await profiles.own(uow.session, other)
    name = (await identity.names(uow, [other])).get(other)
    if about is None or name is None:
        return
    row = {"id": new_id(), "reporter_id": me, "reported_id": other, "reason": data.reason, "text": said, "now": now}
    shown = {"shown_name": name, "shown_handle": about.handle, "shown_bio": about.bio}
    await repository.add(uow.session, row | shown)


async def queue(
    uow: UnitOfWork, moderator_id: UUID, state: ReportState, *, after: UUID | None, limit: int
) -> Page[ReportOut]:
    """The oldest first."""
    rows = await repository.queue(uow.session, moderator_id, state, after=after, most=limit + 1)
    return page_of([ReportOut(*row) for row in rows], limit, lambda shown: shown.id)


async def handle(uow: UnitOfWork, moderator_id: UUID, report_id: UUID, data: ReportPatch) -> ReportOut:
    """Raises ReportNotFound, ReportClosed and BadProfileField."""
    found = await repository.hold(uow.session, moderator_id, report_id)
    if found is None:
        raise ReportNotFound
    state = moved(found.state, data.state)
    if state is not found.state or state in (ReportState.OPEN, ReportState.REVIEWING):
        note, now = checked_lines("note", data.note, _MOST_LETTERS), utc_now()
        await repository.handle(uow.session, report_id, state=state, note=note, handled_by=moderator_id, now=now)
        found = found._replace(state=state, note=note, handled_by=moderator_id, handled_at=now)
    return ReportOut(*found)
