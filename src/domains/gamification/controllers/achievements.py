"""What there is to achieve, and what was."""

from uuid import UUID

from litestar import Controller, get
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath

from domains.gamification.achievement_schemas import AchievedOut, AchievementsOut
from domains.gamification.service import achievements
from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork


class AchievementsController(Controller):
    path = "/api/v1/achievements"
    tags = ("achievements",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="list_achievements",
        summary="What there is to achieve, how far I am, and what I have reached",
        description="In my language, or else in English. What nobody hears of before it is reached is only counted.",
    )
    async def listed(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> AchievementsOut:
        return await achievements.listed(uow, principal.user_id)


class BadgesController(Controller):
    path = "/api/v1/people/{user_id:uuid}/badges"
    tags = ("achievements",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/",
        operation_id="list_badges",
        summary="What somebody has achieved, badges of months among it, the newest first",
        description="Nothing of those who show no more than their name. Secrets are shown to those who have them too.",
    )
    async def badges(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], user_id: FromPath[UUID]
    ) -> list[AchievedOut]:
        return await achievements.badges(uow, principal.user_id, user_id)
