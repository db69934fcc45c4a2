"""The ledger is the truth; this checks everything that repeats it, and mends whatever the check would report."""

from redis.asyncio import Redis

from domains.gamification.errors import BoardsUnavailable
from domains.gamification.repository import audit
from domains.gamification.service.boards import Boards
from domains.gamification.service.breaker import RedisAway
from domains.kernel.uow import Database


async def rebuild_boards(db: Database, redis: Redis) -> None:
    """Balances, members of leagues, streaks and boards, all from the ledger. Raises BoardsUnavailable.

    Awards wait while something other than boards is mended.
    """
    if await _rollup_differences(db):
        async with db.begin() as uow:
            await audit.mend_rollups(uow.session)
    try:
        await Boards(db, redis).rebuild()
    except RedisAway as error:
        raise BoardsUnavailable from error


async def check_ledger(db: Database, redis: Redis) -> list[str]:
    """One line per balance, member, streak or place on a board that differs from the ledger.

    Raises BoardsUnavailable.
    """
    try:
        return [*await _rollup_differences(db), *await Boards(db, redis).differences()]
    except RedisAway as error:
        raise BoardsUnavailable from error


async def _rollup_differences(db: Database) -> list[str]:
    async with db.begin() as uow:
        return await audit.rollup_differences(uow.session)
