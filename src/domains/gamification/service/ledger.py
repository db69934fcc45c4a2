"""The ledger is the truth; this mends and checks everything that repeats it."""

from redis.asyncio import Redis

from domains.gamification import repository
from domains.gamification.errors import BoardsUnavailable
from domains.gamification.service.boards import Boards, RedisAway
from domains.kernel.uow import Database


async def rebuild_boards(db: Database, redis: Redis) -> None:
    """Balances, members of leagues and boards, all from the ledger. Raises BoardsUnavailable."""
    async with db.begin() as uow:
        await repository.mend_rollups(uow.session)
    try:
        await Boards(db, redis).rebuild()
    except RedisAway as error:
        raise BoardsUnavailable from error


async def check_ledger(db: Database, redis: Redis) -> list[str]:
    """One line per balance, member or board that differs from the ledger. Raises BoardsUnavailable."""
    try:
        return [*await repository.rollup_differences(db), *await Boards(db, redis).differences()]
    except RedisAway as error:
        raise BoardsUnavailable from error
