"""From draft to learners over REST: review, publishing, plans, going back, retiring, and what was done when."""

from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from domains.catalog.controllers.versions import ETAG, IdempotencyKey, IfMatch, tagged
from domains.catalog.policy.diff import Change
from domains.catalog.repository import drafts as drafts_repository
from domains.catalog.repository import publishing as repository
from domains.catalog.repository.drafts import Draft
from domains.catalog.repository.publishing import Line, RevisionLine
from domains.catalog.schemas.workflow import (
    ChangeOut,
    DiffOut,
    FieldChangeOut,
    LogLineOut,
    NoteIn,
    PersonOut,
    PublishedOut,
    RetiredOut,
    ReturnIn,
    ReviewRuleIn,
    RevisionOut,
    RollbackIn,
    ScheduleIn,
    WorkflowOut,
)
from domains.catalog.service import comparing, drafts, publishing
from domains.catalog.service.authors import access
from domains.catalog.service.courses import PublishedCourse
from domains.catalog.service.editing import etag, seen
from domains.identity import api as identity
from domains.identity.api import Principal
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

MOST_CHANGES = 2_000

_STATE = "`draft`, `published`, or the number of a revision."
From = Annotated[str, QueryParameter(name="from", pattern=comparing.STATES, description=_STATE, max_length=10)]
To = Annotated[str, QueryParameter(name="to", pattern=comparing.STATES, description=_STATE, max_length=10)]


class WorkflowController(Controller):
    path = "/api/v1/authoring/courses/{course_id:uuid}"
    tags = ("authoring",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/workflow", operation_id="get_workflow", summary="Where a draft stands", response_headers=[ETAG])
    async def workflow(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> Response[WorkflowOut]:
        await access(uow, principal.user_id, course_id)
        return _workflow(await drafts.opened(uow, course_id), principal.user_id)

    @post(
        "/submit",
        operation_id="submit_draft",
        summary="Ask for a review of the draft",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def submit(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NoteIn],
    ) -> Response[WorkflowOut]:
        found = await access(uow, principal.user_id, course_id)
        return _workflow(await publishing.submit(uow, found, data.note), principal.user_id)

    @post(
        "/approve",
        operation_id="approve_draft",
        summary="Approve the draft as it is now; not by who has changed it",
        description="If-Match is the tree's ETag: only what was seen is approved.",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def approve(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NoteIn],
        if_match: IfMatch = None,
    ) -> Response[WorkflowOut]:
        found = await access(uow, principal.user_id, course_id)
        given = seen(if_match)
        return _workflow(await publishing.approve(uow, found, given, data.note), principal.user_id)

    @post(
        "/return",
        operation_id="return_draft",
        summary="Give a draft back to who wrote it, with what has to be done",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def give_back(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[ReturnIn],
    ) -> Response[WorkflowOut]:
        found = await access(uow, principal.user_id, course_id)
        return _workflow(await publishing.give_back(uow, found, data.note), principal.user_id)

    @put(
        "/review",
        operation_id="set_review_rule",
        summary="Say whether what is published needs a review; for the owner",
        response_headers=[ETAG],
    )
    async def review_rule(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[ReviewRuleIn],
    ) -> Response[WorkflowOut]:
        found = await access(uow, principal.user_id, course_id)
        return _workflow(await publishing.require_review(uow, found, data.required), principal.user_id)

    @post(
        "/publish",
        operation_id="publish_draft",
        summary="Make the draft what learners get",
        description="Sessions that run finish on the revision they began with. If-Match is the tree's ETag: only what "
        "was seen is published.",
        status_code=HTTP_200_OK,
    )
    async def publish(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NoteIn],
        if_match: IfMatch = None,
        key: IdempotencyKey = None,
    ) -> PublishedOut:
        found = await access(uow, principal.user_id, course_id)
        given = seen(if_match)

        async def work() -> PublishedOut:
            return _published(await publishing.publish(uow, found, given, data.note))

        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation=f"publish_draft:{course_id}",
            request=data,
            answer_type=PublishedOut,
            work=work,
        )

    @post(
        "/schedule",
        operation_id="schedule_draft",
        summary="Publish the draft as it is now at a moment to come",
        description="A change of the draft until then leaves the plan without effect; the log says so. If-Match is the "
        "tree's ETag.",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def schedule(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[ScheduleIn],
        if_match: IfMatch = None,
    ) -> Response[WorkflowOut]:
        found = await access(uow, principal.user_id, course_id)
        given = seen(if_match)
        return _workflow(await publishing.schedule(uow, found, given, data.at, data.note), principal.user_id)

    @post(
        "/unschedule",
        operation_id="unschedule_draft",
        summary="Publish it not at that moment after all",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def unschedule(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NoteIn],
    ) -> Response[WorkflowOut]:
        found = await access(uow, principal.user_id, course_id)
        return _workflow(await publishing.unschedule(uow, found, data.note), principal.user_id)

    @post(
        "/rollback",
        operation_id="roll_back_course",
        summary="Make an old revision what learners get again",
        description="`reset_draft` throws away what the draft says, and needs the tree's ETag in If-Match.",
        status_code=HTTP_200_OK,
    )
    async def roll_back(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[RollbackIn],
        if_match: IfMatch = None,
    ) -> PublishedOut:
        found = await access(uow, principal.user_id, course_id)
        given = seen(if_match) if data.reset_draft or if_match is not None else None
        done = await publishing.roll_back(
            uow, found, data.number, reset_draft=data.reset_draft, note=data.note, given=given
        )
        return _published(done)

    @post(
        "/retire",
        operation_id="retire_course",
        summary="Take no new learners; who has begun may finish",
        status_code=HTTP_200_OK,
    )
    async def retire(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NoteIn],
    ) -> RetiredOut:
        found = await access(uow, principal.user_id, course_id)
        return RetiredOut(True, await publishing.retire(uow, found, retired=True, note=data.note))

    @post(
        "/unretire",
        operation_id="unretire_course",
        summary="Take new learners again",
        status_code=HTTP_200_OK,
    )
    async def unretire(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NoteIn],
    ) -> RetiredOut:
        found = await access(uow, principal.user_id, course_id)
        return RetiredOut(False, await publishing.retire(uow, found, retired=False, note=data.note))

    @get("/revisions", operation_id="list_revisions", summary="All that was ever published, the newest first")
    async def revisions(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        limit: Limit = 20,
        cursor: FromQuery[str | None] = None,
    ) -> Page[RevisionOut]:
        await access(uow, principal.user_id, course_id)
        rows = await repository.revisions(uow.session, course_id, decode_cursor(cursor, int), limit + 1)
        names = await _names(uow, [row.by_id for row in rows])
        return page_of([_revision(row, names) for row in rows], limit, lambda each: each.number)

    @get("/log", operation_id="list_publishing_log", summary="What was done about publishing, the newest first")
    async def lines(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        limit: Limit = 20,
        cursor: FromQuery[str | None] = None,
    ) -> Page[LogLineOut]:
        await access(uow, principal.user_id, course_id)
        rows = await repository.lines(uow.session, course_id, decode_cursor(cursor, UUID), limit + 1)
        names = await _names(uow, [row.by_id for row in rows])
        return page_of([_line(row, names) for row in rows], limit, lambda each: each.id)

    @get(
        "/diff",
        operation_id="diff_course",
        summary="What is other in one state of a course than in another",
    )
    async def diff(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        before: From = comparing.PUBLISHED,
        after: To = comparing.DRAFT,
    ) -> DiffOut:
        await access(uow, principal.user_id, course_id)
        changes = await comparing.changes(uow, course_id, before, after)
        shown = changes[:MOST_CHANGES]
        ids = await drafts_repository.known(uow.session, course_id, {(each.kind, each.key) for each in shown})
        return DiffOut([_change(each, ids.get((each.kind, each.key))) for each in shown], len(changes))


async def _names(uow: UnitOfWork, ids: Collection[UUID | None]) -> dict[UUID, str]:
    return await identity.names(uow, {each for each in ids if each is not None})


def person(user_id: UUID, names: dict[UUID, str]) -> PersonOut:
    return PersonOut(user_id, names.get(user_id))


def _person(user_id: UUID | None, names: dict[UUID, str]) -> PersonOut | None:
    return None if user_id is None else person(user_id, names)


def _workflow(draft: Draft, user_id: UUID) -> Response[WorkflowOut]:
    tag = etag(draft.version)
    shown = WorkflowOut(
        state=draft.state,
        version=draft.version,
        etag=tag,
        changed=draft.in_progress,
        review_required=draft.review_required,
        approved=draft.approved,
        mine=user_id in draft.edited_by,
        publish_at=draft.publish_at,
        publishes_this=draft.publish_at is not None and draft.publish_version == draft.version,
    )
    return tagged(shown, tag)


def _published(done: PublishedCourse) -> PublishedOut:
    return PublishedOut(done.revision_id, done.number, done.changed)


def _revision(row: RevisionLine, names: dict[UUID, str]) -> RevisionOut:
    by = _person(row.by_id, names)
    return RevisionOut(row.id, row.number, row.published_at, row.current, row.size_bytes, by, row.note)


def _line(row: Line, names: dict[UUID, str]) -> LogLineOut:
    return LogLineOut(row.id, row.action, row.number, _person(row.by_id, names), row.note, row.at)


def _change(change: Change, node_id: UUID | None) -> ChangeOut:
    fields: Sequence[FieldChangeOut] = [FieldChangeOut(each.field, each.before, each.after) for each in change.fields]
    return ChangeOut(
        kind=change.kind,
        key=change.key,
        node_id=node_id,
        what=change.what,
        title=change.title,
        path=list(change.path),
        fields=list(fields),
        below=change.below,
        other_question=change.other_question,
    )
