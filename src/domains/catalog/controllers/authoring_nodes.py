"""The nodes of drafts over REST, for those who work on the course."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from domains.catalog.controllers.versions import ETAG, IdempotencyKey, IfMatch, fields_of, tagged
from domains.catalog.drafts import decoded
from domains.catalog.errors import NodeGone
from domains.catalog.repository import drafts as repository
from domains.catalog.repository.drafts import DraftNode
from domains.catalog.schemas.authoring import (
    Create,
    Delete,
    Duplicate,
    DuplicateTo,
    ExerciseFields,
    LessonFields,
    Move,
    MoveTo,
    NewNode,
    NodeFields,
    NodeOut,
    NodePatch,
    Operation,
    Patch,
    Replace,
    Restore,
    SectionFields,
    UnitFields,
)
from domains.catalog.service import drafts, editing
from domains.catalog.service.authors import access, editor
from domains.catalog.service.editing import etag, seen
from domains.identity.api import Principal
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

_COURSE = "/courses/{course_id:uuid}"
_NODE = "/courses/{course_id:uuid}/nodes/{node_id:uuid}"
_FIELDS: dict[str, type[Any]] = {
    "section": SectionFields,
    "unit": UnitFields,
    "lesson": LessonFields,
    "exercise": ExerciseFields,
}


class DraftNodesController(Controller):
    path = "/api/v1/authoring"
    tags = ("authoring",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        f"{_COURSE}/children",
        operation_id="list_draft_nodes",
        summary="The children of a node, or the sections, with all their content, in order",
    )
    async def children(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        parent_id: FromQuery[UUID | None] = None,
        limit: Limit = 100,
        cursor: FromQuery[str | None] = None,
    ) -> Page[NodeOut]:
        await access(uow, principal.user_id, course_id)
        await drafts.opened(uow, course_id)
        after = decode_cursor(cursor, tuple[int, UUID])
        rows = await repository.children(uow, course_id, parent_id, after, limit + 1)
        return page_of([_node(row) for row in rows], limit, lambda node: (node.position, node.id))

    @post(
        f"{_COURSE}/nodes",
        operation_id="create_node",
        summary="Add a section, a unit, a lesson or an exercise to a draft",
        status_code=HTTP_201_CREATED,
        response_headers=[ETAG],
    )
    async def create(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[NewNode],
        key: IdempotencyKey = None,
    ) -> Response[NodeOut]:
        wish = Create(data.node, data.parent_id, None, data.position, data.key)
        return await _made(uow, principal, course_id, wish, key)

    @get(
        _NODE,
        operation_id="get_node",
        summary="A node of a draft with all its content, without its children",
        response_headers=[ETAG],
    )
    async def get_node(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
    ) -> Response[NodeOut]:
        await access(uow, principal.user_id, course_id)
        await drafts.opened(uow, course_id)
        return await _shown(uow, course_id, node_id)

    @put(_NODE, operation_id="replace_node", summary="Give a node other content", response_headers=[ETAG])
    async def replace(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
        data: JSONBody[NodeFields],
        if_match: IfMatch = None,
    ) -> Response[NodeOut]:
        return await _changed(uow, principal, course_id, Replace(node_id, data), if_match)

    @patch(
        _NODE,
        operation_id="change_node",
        summary="Change some of a node's content; what is left out stays",
        response_headers=[ETAG],
    )
    async def change(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
        data: JSONBody[NodePatch],
        if_match: IfMatch = None,
    ) -> Response[NodeOut]:
        return await _changed(uow, principal, course_id, Patch(node_id, data), if_match)

    @delete(
        _NODE,
        operation_id="delete_node",
        summary="Delete a node with all that is below it; it can be restored until the next publish",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
        if_match: IfMatch = None,
    ) -> None:
        found = await editor(uow, principal.user_id, course_id)
        given = seen(if_match)
        await editing.edit(uow, found, [Delete(node_id)], node=given)

    @post(
        f"{_NODE}/move",
        operation_id="move_node",
        summary="Put a node elsewhere, with all that is below it",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def move(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
        data: JSONBody[MoveTo],
        if_match: IfMatch = None,
    ) -> Response[NodeOut]:
        wish = Move(node_id, data.parent_id, None, data.position)
        return await _changed(uow, principal, course_id, wish, if_match)

    @post(
        f"{_NODE}/duplicate",
        operation_id="duplicate_node",
        summary="Copy a node with all that is below it; the copies are nodes of their own",
        status_code=HTTP_201_CREATED,
        response_headers=[ETAG],
    )
    async def duplicate(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
        data: JSONBody[DuplicateTo],
        key: IdempotencyKey = None,
    ) -> Response[NodeOut]:
        return await _made(uow, principal, course_id, Duplicate(node_id, data.parent_id, data.position), key)

    @post(
        f"{_NODE}/restore",
        operation_id="restore_node",
        summary="Take back the deletion of a node; it comes back at the end of where it was",
        status_code=HTTP_200_OK,
        response_headers=[ETAG],
    )
    async def restore(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        node_id: FromPath[UUID],
    ) -> Response[NodeOut]:
        found = await editor(uow, principal.user_id, course_id)
        await editing.edit(uow, found, [Restore(node_id)])
        return await _shown(uow, course_id, node_id)


async def _made(
    uow: UnitOfWork, principal: Principal, course_id: UUID, wish: Create | Duplicate, key: str | None
) -> Response[NodeOut]:
    async def work() -> NodeOut:
        found = await editor(uow, principal.user_id, course_id)
        [(node_id, _)] = (await editing.edit(uow, found, [wish])).results
        return _node(await _row(uow, course_id, node_id))

    made = await once_per_key(
        uow,
        owner_id=principal.user_id,
        key=key,
        operation=f"add_node:{course_id}",
        request=wish,
        answer_type=NodeOut,
        work=work,
    )
    return tagged(made, made.etag)


async def _changed(
    uow: UnitOfWork, principal: Principal, course_id: UUID, wish: Operation, if_match: str | None
) -> Response[NodeOut]:
    found = await editor(uow, principal.user_id, course_id)
    given = seen(if_match)
    [(node_id, _)] = (await editing.edit(uow, found, [wish], node=given)).results
    return await _shown(uow, course_id, node_id)


async def _shown(uow: UnitOfWork, course_id: UUID, node_id: UUID | None) -> Response[NodeOut]:
    shown = _node(await _row(uow, course_id, node_id))
    return tagged(shown, shown.etag)


async def _row(uow: UnitOfWork, course_id: UUID, node_id: UUID | None) -> DraftNode:
    found = None if node_id is None else await repository.node(uow, course_id, node_id)
    if found is None or found.deleted_with is not None:
        raise NodeGone
    return found


def _node(row: DraftNode) -> NodeOut:
    node = decoded(row.kind, row.body)
    return NodeOut(
        id=row.id,
        parent_id=row.parent_id,
        key=row.key,
        position=row.position,
        etag=etag(row.version),
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        node=fields_of(_FIELDS[row.kind], node),
    )
