"""From a draft to learners: review, publishing now or later, going back, retiring.

Invariant: where a course needs a review, nothing goes to learners by the word of somebody who wrote part of it; what
was approved or planned is one version of the draft, and a later change of an author's voids it. Every step is a line
of the log in the same transaction. Revisions never change: going back makes an old one what learners get again.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from domains.catalog import repository as courses
from domains.catalog.errors import (
    BadMoment,
    CourseInvalid,
    CourseNotFound,
    NotYourCourse,
    ReviewNeeded,
    RevisionNotFound,
    WrongState,
)
from domains.catalog.events import CourseRevisionPublished, CourseWorkMoved
from domains.catalog.repository import drafts as drafts_repository
from domains.catalog.repository import publishing as repository
from domains.catalog.repository.drafts import Draft
from domains.catalog.repository.publishing import Action
from domains.catalog.revisions import RevisionContent, revision
from domains.catalog.service import drafts
from domains.catalog.service.authors import Access, access
from domains.catalog.service.courses import PublishedCourse, publish_draft
from domains.catalog.service.editing import Seen, require_seen
from domains.catalog.service.reading import show
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError
from domains.kernel.uow import Database, UnitOfWork

LONGEST_PLAN = timedelta(days=366)
_AT_ONCE = 20

log = logging.getLogger(__name__)


async def submit(uow: UnitOfWork, found: Access, note: str) -> Draft:
    """Asks for a review. Raises NotYourCourse, WrongState, and CourseInvalid where it could not be published anyway."""
    if not found.may_edit:
        raise NotYourCourse("editors and the owner submit")
    draft = await drafts.held(uow, found.course_id)
    if draft.state == "in_review":
        raise WrongState("the draft is in review already")
    _refuse_nothing_new(draft)
    problems = await drafts.problems(uow, found.course_id)
    if problems:
        raise CourseInvalid("; ".join(each.message for each, _ in problems[:20]))
    await repository.set_state(uow.session, found.course_id, "in_review", None)
    await _tell(uow, found, "submitted", note)
    return await drafts.opened(uow, found.course_id)


async def approve(uow: UnitOfWork, found: Access, given: Seen | None, note: str) -> Draft:
    """The draft as it is now may be published. Raises NotYourCourse, WrongState, VersionStale, and ReviewNeeded for who
    has a part in it."""
    draft = await _in_review(uow, found)
    if given is not None:
        require_seen(given, draft.version)
    if found.user_id in draft.edited_by:
        raise ReviewNeeded("whoever has changed the draft cannot approve it")
    await repository.set_state(uow.session, found.course_id, "draft", draft.version)
    await _tell(uow, found, "approved", note)
    return await drafts.opened(uow, found.course_id)


async def give_back(uow: UnitOfWork, found: Access, note: str) -> Draft:
    """The draft needs more work, and `note` says which. Raises NotYourCourse and WrongState."""
    await _in_review(uow, found)
    await repository.set_state(uow.session, found.course_id, "draft", None)
    await _tell(uow, found, "returned", note)
    return await drafts.opened(uow, found.course_id)


async def require_review(uow: UnitOfWork, found: Access, required: bool) -> Draft:
    """Raises NotYourCourse."""
    if not found.owns:
        raise NotYourCourse("the owner says whether a review is needed")
    draft = await drafts.held(uow, found.course_id)
    if draft.review_required and not required and not found.staff and not draft.approved and draft.in_progress:
        # Or else the rule would hold for nobody who owns a course.
        raise ReviewNeeded("what was written under this rule has to be approved first")
    await repository.require_review(uow.session, found.course_id, required)
    return await drafts.opened(uow, found.course_id)


async def publish(uow: UnitOfWork, found: Access, given: Seen | None, note: str) -> PublishedCourse:
    """Makes the draft what learners get. Raises NotYourCourse, VersionStale, ReviewNeeded and CourseInvalid."""
    draft = await _locked(uow, found)
    if given is not None:
        require_seen(given, draft.version)
    _refuse_unreviewed(draft, found)
    return await publish_draft(uow, found.course_id, by_id=found.user_id, note=note)


async def schedule(uow: UnitOfWork, found: Access, given: Seen | None, at: datetime, note: str) -> Draft:
    """The draft as it is now is published `at`, unless it is changed before. Raises as `publish`, BadMoment and
    WrongState."""
    draft = await _locked(uow, found)
    if given is not None:
        require_seen(given, draft.version)
    if not timedelta(0) < at - utc_now() <= LONGEST_PLAN:
        raise BadMoment(field="at")
    _refuse_nothing_new(draft)
    _refuse_unreviewed(draft, found)
    problems = await drafts.problems(uow, found.course_id)
    if problems:
        raise CourseInvalid("; ".join(each.message for each, _ in problems[:20]))
    await repository.plan(uow.session, found.course_id, at, draft.version)
    await repository.log(uow.session, found.course_id, "scheduled", by_id=found.user_id, note=note)
    return await drafts.opened(uow, found.course_id)


async def unschedule(uow: UnitOfWork, found: Access, note: str) -> Draft:
    """Raises NotYourCourse and WrongState."""
    draft = await _locked(uow, found)
    if draft.publish_at is None:
        raise WrongState("nothing is planned")
    await _unplan(uow, found.course_id, found.user_id, note)
    return await drafts.opened(uow, found.course_id)


async def publish_due(db: Database) -> None:
    """Publishes what was planned for a moment that has come. Run twice or late, it does so once."""
    async with db.begin() as uow:
        due = await repository.due(uow.session, utc_now(), _AT_ONCE)
    for course_id, by_id in due:
        try:
            async with db.begin() as uow:
                await _publish_planned(uow, course_id, by_id)
        except AppError as error:
            async with db.begin() as uow:
                await _lock(uow, course_id)
                if _is_due(await drafts.held(uow, course_id)):
                    await _give_up(uow, course_id, error.detail or error.title)


async def _publish_planned(uow: UnitOfWork, course_id: UUID, by_id: UUID | None) -> None:
    await _lock(uow, course_id)
    draft = await drafts.held(uow, course_id)
    if not _is_due(draft):
        return
    if draft.publish_version != draft.version:
        await _give_up(uow, course_id, "the draft was changed after it was planned")
        return
    if by_id is None:
        await _give_up(uow, course_id, "whoever planned it is gone")
        return
    # Who planned it may have lost the right since.
    _refuse_unreviewed(draft, await access(uow, by_id, course_id))
    await publish_draft(uow, course_id, by_id=by_id, note="as planned")


def _is_due(draft: Draft) -> bool:
    return draft.publish_at is not None and draft.publish_at <= utc_now()


async def _give_up(uow: UnitOfWork, course_id: UUID, why: str) -> None:
    log.warning("course %s was not published as planned: %s", course_id, why)
    await _unplan(uow, course_id, None, why)
    uow.record(CourseWorkMoved(course_id=course_id, action="unscheduled", by_id=None))


async def roll_back(uow: UnitOfWork, found: Access, number: int, *, reset_draft: bool, note: str) -> PublishedCourse:
    """Makes an old revision what learners get again; sessions that run finish on theirs. The draft stays as it is, or
    says what that revision says. Raises NotYourCourse and RevisionNotFound."""
    draft = await _locked(uow, found)
    revision_id = await repository.of_number(uow.session, found.course_id, number)
    if revision_id is None:
        raise RevisionNotFound(f"the course has no revision {number}")
    content = await revision(uow, revision_id)
    changed = await courses.published_of_course(uow.session, found.course_id) != revision_id
    if changed:
        await _point(uow, content, found.user_id, note)
    if reset_draft:
        await drafts.replaced(uow, draft, content.course, found.user_id, clean=True)
    elif changed:
        await drafts_repository.dirty(uow.session, found.course_id)
    return PublishedCourse(found.course_id, revision_id, number, changed=changed)


async def _point(uow: UnitOfWork, content: RevisionContent, by_id: UUID | None, note: str) -> None:
    await courses.save_course(uow.session, content.course_id, content.course)
    await show(uow, content.course_id, content.course)
    await repository.point(uow.session, content.course_id, content.id)
    await repository.log(uow.session, content.course_id, "rolled_back", by_id=by_id, revision_id=content.id, note=note)
    uow.record(CourseRevisionPublished(course_id=content.course_id, revision_id=content.id, number=content.number))


async def retire(uow: UnitOfWork, found: Access, *, retired: bool, note: str) -> bool:
    """Whether anything is other than before: the course takes nobody new, or does so again. Raises NotYourCourse."""
    await _locked(uow, found)
    if not await repository.retire(uow.session, found.course_id, utc_now() if retired else None):
        return False
    action: Action = "retired" if retired else "restored"
    await repository.log(uow.session, found.course_id, action, by_id=found.user_id, note=note)
    return True


async def _locked(uow: UnitOfWork, found: Access) -> Draft:
    """The draft, under the locks of publishing. Raises NotYourCourse."""
    if not found.may_publish:
        raise NotYourCourse("this needs the right to publish")
    await _lock(uow, found.course_id)
    return await drafts.held(uow, found.course_id)


async def _lock(uow: UnitOfWork, course_id: UUID) -> None:
    slug = await courses.slug_of(uow.session, course_id)
    if slug is None:
        raise CourseNotFound
    await courses.lock_course(uow.session, slug)


async def _in_review(uow: UnitOfWork, found: Access) -> Draft:
    if not found.may_review:
        raise NotYourCourse("reviewers and the owner review")
    draft = await drafts.held(uow, found.course_id)
    if draft.state != "in_review":
        raise WrongState("the draft was not submitted")
    return draft


def _refuse_nothing_new(draft: Draft) -> None:
    if not draft.in_progress:
        raise WrongState("the draft says what is published")


def _refuse_unreviewed(draft: Draft, found: Access) -> None:
    """Raises NotYourCourse and ReviewNeeded."""
    if not found.may_publish:
        raise NotYourCourse("this needs the right to publish")
    others_work = found.staff and found.user_id not in draft.edited_by
    if draft.review_required and draft.in_progress and not (draft.approved or others_work):
        raise ReviewNeeded


async def _unplan(uow: UnitOfWork, course_id: UUID, by_id: UUID | None, note: str) -> None:
    await repository.plan(uow.session, course_id, None, None)
    await repository.log(uow.session, course_id, "unscheduled", by_id=by_id, note=note)


async def _tell(uow: UnitOfWork, found: Access, action: Action, note: str) -> None:
    await repository.log(uow.session, found.course_id, action, by_id=found.user_id, note=note)
    uow.record(CourseWorkMoved(course_id=found.course_id, action=action, by_id=found.user_id))
