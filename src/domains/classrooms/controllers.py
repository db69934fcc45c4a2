"""Classes over REST: somebody else's class answers like one that is not there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import UNSET

from domains.classrooms import repository, service
from domains.classrooms.errors import ClassroomNotFound, NotYourPart
from domains.classrooms.policy import TEACHING, ClassRole
from domains.classrooms.repository import Classroom, Member
from domains.classrooms.schemas import (
    ClassroomIn,
    ClassroomOut,
    ClassroomPatch,
    ClassroomProgressOut,
    JoinIn,
    MemberOut,
    PersonOut,
    RemovedOut,
    RoleIn,
)
from domains.identity import api as identity
from domains.identity.api import Permission, Principal
from domains.identity.guards import require
from domains.kernel import codes
from domains.kernel.idempotency import once_per_key
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork

IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again is the same class.")
]


class ClassroomsController(Controller):
    path = "/api/v1/classrooms"
    tags = ("classrooms",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/",
        operation_id="create_classroom",
        summary="Make a class; for teachers and admins",
        status_code=HTTP_201_CREATED,
        guards=[require(Permission.CLASSES_CREATE)],
    )
    async def create(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[ClassroomIn],
        key: IdempotencyKey = None,
    ) -> ClassroomOut:
        async def work() -> ClassroomOut:
            classroom_id = await service.create_classroom(uow, principal.user_id, data.name, data.course_id)
            return await _shown(uow, principal.user_id, classroom_id)

        return await once_per_key(
            uow,
            owner_id=principal.user_id,
            key=key,
            operation="create_classroom",
            request=data,
            answer_type=ClassroomOut,
            work=work,
        )

    @get("/", operation_id="list_classrooms", summary="Classes that I teach or learn in, the newest first")
    async def mine(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        archived: FromQuery[bool] = False,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[ClassroomOut]:
        after = decode_cursor(cursor, UUID)
        found = await repository.classrooms(
            uow.session, principal.user_id, archived=archived, after=after, most=limit + 1
        )
        return page_of(await _out(uow, found), limit, lambda shown: shown.id)

    @post(
        "/join",
        operation_id="join_classroom",
        summary="Join a class with its code; again changes nothing",
        description="Its teachers then see my name, and how far I am in a session of the class's course.",
        status_code=HTTP_200_OK,
    )
    async def join(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], data: JSONBody[JoinIn]
    ) -> ClassroomOut:
        classroom_id = await service.join_by_code(db, principal.user_id, data.code)
        async with db.begin() as uow:
            return await _shown(uow, principal.user_id, classroom_id)

    @get("/{classroom_id:uuid}", operation_id="get_classroom", summary="A class that I am in")
    async def get_classroom(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], classroom_id: FromPath[UUID]
    ) -> ClassroomOut:
        return await _shown(uow, principal.user_id, classroom_id)

    @patch(
        "/{classroom_id:uuid}",
        operation_id="change_classroom",
        summary="Rename a class, archive it or take it out of the archive",
        description="An archived class has no code and nobody watches it; give it a new code after reopening it.",
    )
    async def change(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        data: JSONBody[ClassroomPatch],
    ) -> ClassroomOut:
        await service.change_classroom(
            uow,
            principal.user_id,
            classroom_id,
            name=None if data.name is UNSET else data.name,
            archived=None if data.archived is UNSET else data.archived,
        )
        return await _shown(uow, principal.user_id, classroom_id)

    @post(
        "/{classroom_id:uuid}/code",
        operation_id="renew_classroom_code",
        summary="Give a class a new code; the old one opens nothing any more",
        status_code=HTTP_200_OK,
    )
    async def renew_code(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], classroom_id: FromPath[UUID]
    ) -> ClassroomOut:
        await service.set_code(uow, principal.user_id, classroom_id, joinable=True)
        return await _shown(uow, principal.user_id, classroom_id)

    @delete(
        "/{classroom_id:uuid}/code",
        operation_id="drop_classroom_code",
        summary="Let nobody join until there is a new code",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def drop_code(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], classroom_id: FromPath[UUID]
    ) -> None:
        await service.set_code(uow, principal.user_id, classroom_id, joinable=False)

    @post(
        "/{classroom_id:uuid}/leave",
        operation_id="leave_classroom",
        summary="Leave a class; its teachers see nothing of me any more",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def leave(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], classroom_id: FromPath[UUID]
    ) -> None:
        await service.leave(uow, principal.user_id, classroom_id)

    @get(
        "/{classroom_id:uuid}/progress",
        operation_id="get_classroom_progress",
        summary="The live view of a class as it is now; for its teachers",
    )
    async def progress(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], classroom_id: FromPath[UUID]
    ) -> ClassroomProgressOut:
        async with db.begin() as uow:
            await _taught(uow, principal.user_id, classroom_id)
        return await service.progress(db, classroom_id)


class MembersController(Controller):
    path = "/api/v1/classrooms/{classroom_id:uuid}"
    tags = ("classrooms",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/members",
        operation_id="list_classroom_members",
        summary="Who is in the class, in the order in which they joined; names only",
    )
    async def members(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[MemberOut]:
        classroom = await _own(uow, principal.user_id, classroom_id)
        page = await _page(uow, classroom_id, removed=False, cursor=cursor, limit=limit)
        names = await identity.names(uow, [member.user_id for member in page.items])
        dated = classroom.role in TEACHING
        shown = [
            MemberOut(
                member.user_id,
                names.get(member.user_id, ""),
                member.role.value,
                member.joined_at if dated else None,
            )
            for member in page.items
        ]
        return Page(shown, page.next_cursor)

    @put(
        "/members/{user_id:uuid}/role",
        operation_id="set_classroom_role",
        summary="Make a member a co-teacher, or a co-teacher a learner; for the class's teacher",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def set_role(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        user_id: FromPath[UUID],
        data: JSONBody[RoleIn],
    ) -> None:
        await service.set_role(uow, principal.user_id, classroom_id, user_id, ClassRole(data.role))

    @delete(
        "/members/{user_id:uuid}",
        operation_id="remove_classroom_member",
        summary="Take somebody out of the class; the code lets them in no more",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def remove(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        user_id: FromPath[UUID],
    ) -> None:
        await service.remove(uow, principal.user_id, classroom_id, user_id)

    @get(
        "/removed",
        operation_id="list_removed_from_classroom",
        summary="Who was taken out of the class; for its teachers",
    )
    async def removed(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[RemovedOut]:
        await _taught(uow, principal.user_id, classroom_id)
        page = await _page(uow, classroom_id, removed=True, cursor=cursor, limit=limit)
        names = await identity.names(uow, [member.user_id for member in page.items])
        shown = [
            RemovedOut(member.user_id, names.get(member.user_id, ""), member.removed_at)
            for member in page.items
            if member.removed_at is not None
        ]
        return Page(shown, page.next_cursor)

    @delete(
        "/removed/{user_id:uuid}",
        operation_id="readmit_to_classroom",
        summary="Let somebody who was taken out join again with the code",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def readmit(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        classroom_id: FromPath[UUID],
        user_id: FromPath[UUID],
    ) -> None:
        await service.forgive(uow, principal.user_id, classroom_id, user_id)


async def _own(uow: UnitOfWork, user_id: UUID, classroom_id: UUID) -> Classroom:
    found = await repository.classrooms(uow.session, user_id, classroom_id=classroom_id)
    if not found:
        raise ClassroomNotFound
    return found[0]


async def _taught(uow: UnitOfWork, user_id: UUID, classroom_id: UUID) -> None:
    if (await _own(uow, user_id, classroom_id)).role not in TEACHING:
        raise NotYourPart


async def _page(uow: UnitOfWork, classroom_id: UUID, *, removed: bool, cursor: str | None, limit: int) -> Page[Member]:
    after = decode_cursor(cursor, tuple[datetime, UUID])
    found = await repository.page_of_members(uow.session, classroom_id, removed=removed, after=after, most=limit + 1)
    return page_of(found, limit, lambda member: (member.joined_at, member.user_id))


async def _shown(uow: UnitOfWork, user_id: UUID, classroom_id: UUID) -> ClassroomOut:
    [shown] = await _out(uow, [await _own(uow, user_id, classroom_id)])
    return shown


async def _out(uow: UnitOfWork, found: Sequence[Classroom]) -> list[ClassroomOut]:
    names = await identity.names(uow, {id_ for each in found for id_ in each.teacher_ids})
    return [
        ClassroomOut(
            id=each.id,
            name=each.name,
            course_id=each.course_id,
            role=each.role.value,
            teachers=[PersonOut(id_, names.get(id_, "")) for id_ in each.teacher_ids],
            learners=each.learners if each.role in TEACHING else None,
            code=codes.shown(each.code) if each.code and each.role in TEACHING else None,
            created_at=each.created_at,
            archived_at=each.archived_at,
        )
        for each in found
    ]
