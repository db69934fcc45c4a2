"""Lessons to take along."""

from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork
from domains.learning.schemas import BundleIn, BundleOut
from domains.learning.service.bundle import bundle


class BundleController(Controller):
    path = "/api/v1/courses"
    tags = ("learning",)

    @post(
        "/{course_id:uuid}/bundle",
        operation_id="get_bundle",
        summary="The next lessons with their solutions, to be taken without a network",
        description="Each lesson is a session that begins on the device. What was done in it is sent to `POST "
        "/api/v1/sync`, within 30 days. Asking again gives the same sessions for a week, on every device.",
        status_code=HTTP_200_OK,
    )
    async def get_bundle(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[BundleIn | None] = None,
    ) -> BundleOut:
        return await bundle(uow, principal.user_id, course_id, (data or BundleIn()).lessons)
