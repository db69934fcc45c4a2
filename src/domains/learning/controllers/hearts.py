"""The hearts of a learner."""

from litestar import Controller, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency

from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork
from domains.learning.policy.hearts import HEARTS, REFILL
from domains.learning.schemas import HeartsOut
from domains.learning.service import hearts


class HeartsController(Controller):
    path = "/api/v1/hearts"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="get_hearts", summary="My hearts: how many are left, and when more come back")
    async def hearts(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> HeartsOut:
        found = await hearts.hearts_of(uow, principal.user_id)
        return HeartsOut(found.left, HEARTS, int(REFILL.total_seconds()), found.next_at, found.full_at, found.unlimited)
