"""In which language somebody is told of the game: that of their profile."""

from uuid import UUID

from domains.gamification.policy.words import FALLBACK
from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork


async def locale(uow: UnitOfWork, user_id: UUID) -> str:
    details = await identity.details(uow, user_id)
    return details.locale if details else FALLBACK
