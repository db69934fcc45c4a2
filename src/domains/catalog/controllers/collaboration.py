"""Those who work on a course, over REST: their remarks, their roles, and who was asked to join."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.catalog.controllers.versions import IdempotencyKey
from domains.catalog.controllers.workflow import person
from domains.catalog.repository import review as repository
from domains.catalog.repository.review import Comment, Invitation
from domains.catalog.schemas.workflow import (
    AnsweredOut,
    AnswerInvitationIn,
    AskedOfMeListOut,
    AskedOfMeOut,
    CollaboratorOut,
    CollaboratorsOut,
    CommentIn,
    CommentOut,
    InvitationOut,
    InviteIn,
    ResolveIn,
    RoleIn,
)
from domains.catalog.service import review
from domains.catalog.service.authors import Access, CourseRole, access
from domains.identity import api as identity
from domains.identity.api import Principal
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

_COURSE = "/courses/{course_id:uuid}"

OfNode = Annotated[UUID | None, QueryParameter(description="Only remarks on this node.", required=False)]
Resolved = Annotated[bool | None, QueryParameter(description="Only remarks that are, or are not.", required=False)]


class CollaborationController(Controller):
    path = "/api/v1/authoring"
    tags = ("authoring",)
    cache_control = CacheControlHeader(no_store=True)

    @get(f"{_COURSE}/comments", operation_id="list_comments", summary="Remarks on a draft, the oldest first")
    async def comments(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: OfNode = None,
        resolved: Resolved = None,
        limit: Limit = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Page[CommentOut]:
        await access(uow, principal.user_id, course_id)
        after = decode_cursor(cursor, UUID)
        rows = await repository.comments(
            uow.session, course_id, node_id=node_id, resolved=resolved, after=after, most=limit + 1
        )
        return page_of(await _comments(uow, rows), limit, lambda each: each.id)

    @post(
        f"{_COURSE}/comments",
        operation_id="add_comment",
        summary="Remark something on a node, or on the course",
        status_code=HTTP_201_CREATED,
    )
    async def comment(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[CommentIn],
        key: IdempotencyKey = None,
    ) -> CommentOut:
        found = await access(uow, principal.user_id, course_id)

        async def work() -> CommentOut:
            made = await review.remark(uow, found, principal.user_id, data.node_id, data.body)
            return (await _comments(uow, [made]))[0]

        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation=f"add_comment:{course_id}",
            request=data,
            answer_type=CommentOut,
            work=work,
        )

    @put(
        f"{_COURSE}/comments/{{comment_id:uuid}}/resolved",
        operation_id="resolve_comment",
        summary="Say that a remark is dealt with, or is not",
    )
    async def resolve(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        data: JSONBody[ResolveIn],
    ) -> CommentOut:
        found = await access(uow, principal.user_id, course_id)
        changed = await review.resolve(uow, found, comment_id, resolved=data.resolved)
        return (await _comments(uow, [changed]))[0]

    @delete(
        f"{_COURSE}/comments/{{comment_id:uuid}}",
        operation_id="delete_comment",
        summary="Take a remark back; one's own, or as the owner of the course",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def drop_comment(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        comment_id: FromPath[UUID],
    ) -> None:
        await review.drop_remark(uow, await access(uow, principal.user_id, course_id), comment_id)

    @get(f"{_COURSE}/collaborators", operation_id="list_collaborators", summary="Who works on a course")
    async def collaborators(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> CollaboratorsOut:
        return await _people(uow, await access(uow, principal.user_id, course_id))

    @put(
        f"{_COURSE}/collaborators/{{user_id:uuid}}",
        operation_id="set_collaborator_role",
        summary="Give somebody who works on a course another role, or the course itself; for the owner",
    )
    async def set_role(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        user_id: FromPath[UUID],
        data: JSONBody[RoleIn],
    ) -> CollaboratorsOut:
        found = await access(uow, principal.user_id, course_id)
        await review.change_role(uow, found, user_id, CourseRole(data.role))
        return await _people(uow, await access(uow, principal.user_id, course_id))

    @delete(
        f"{_COURSE}/collaborators/{{user_id:uuid}}",
        operation_id="remove_collaborator",
        summary="Work on a course no more; of others for the owner",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        user_id: FromPath[UUID],
    ) -> None:
        await review.remove(uow, await access(uow, principal.user_id, course_id), user_id)

    @post(
        f"{_COURSE}/invitations",
        operation_id="invite_collaborator",
        summary="Ask somebody to work on a course; for the owner",
        status_code=HTTP_201_CREATED,
    )
    async def invite(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[InviteIn],
    ) -> InvitationOut:
        found = await access(uow, principal.user_id, course_id)
        return _invitation(await review.invite(uow, found, data.who, CourseRole(data.role)))

    @delete(
        f"{_COURSE}/invitations/{{invitation_id:uuid}}",
        operation_id="withdraw_invitation",
        summary="Ask no more",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def uninvite(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        invitation_id: FromPath[UUID],
    ) -> None:
        await review.uninvite(uow, await access(uow, principal.user_id, course_id), invitation_id)

    @get("/invitations", operation_id="list_own_invitations", summary="Courses that I was asked to work on")
    async def asked_of_me(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> AskedOfMeListOut:
        rows = await review.asked_of(uow, principal.user_id)
        names = await identity.names(uow, {row.by_id for row in rows if row.by_id})
        return AskedOfMeListOut(
            [
                AskedOfMeOut(
                    id=row.id,
                    course_id=row.course_id,
                    slug=row.slug,
                    title=row.title,
                    role=row.role,
                    by=person(row.by_id, names) if row.by_id else None,
                    created_at=row.created_at,
                )
                for row in rows
            ]
        )

    @post(
        "/invitations/{invitation_id:uuid}/answer",
        operation_id="answer_invitation",
        summary="Say whether I want to work on a course that I was asked for",
        status_code=HTTP_200_OK,
    )
    async def answer(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        invitation_id: FromPath[UUID],
        data: JSONBody[AnswerInvitationIn],
    ) -> AnsweredOut:
        return AnsweredOut(await review.answer(uow, principal.user_id, invitation_id, accept=data.accept))


async def _people(uow: UnitOfWork, found: Access) -> CollaboratorsOut:
    members = await repository.members(uow.session, found.course_id)
    names = await identity.names(uow, [each.user_id for each in members])
    asked = await repository.invitations(uow.session, found.course_id) if found.owns else []
    return CollaboratorsOut(
        [CollaboratorOut(person(each.user_id, names), each.role, each.added_at) for each in members],
        [_invitation(each) for each in asked],
    )


def _invitation(row: Invitation) -> InvitationOut:
    return InvitationOut(row.id, row.asked, row.role, row.created_at)


async def _comments(uow: UnitOfWork, rows: list[Comment]) -> list[CommentOut]:
    ids = {row.author_id for row in rows} | {row.resolved_by for row in rows if row.resolved_by}
    names = await identity.names(uow, ids)
    return [
        CommentOut(
            id=row.id,
            node_id=row.node_id,
            author=person(row.author_id, names),
            body=row.body,
            created_at=row.created_at,
            resolved_at=row.resolved_at,
            resolved_by=person(row.resolved_by, names) if row.resolved_by else None,
        )
        for row in rows
    ]
