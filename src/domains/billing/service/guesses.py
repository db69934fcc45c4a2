"""The limit on guessing codes and addresses: ten wrong ones an hour for each person, coupons included.

A try is counted before anything is told about it and in a transaction of its own, so that neither an error answer nor
a client that goes away undoes it. It is forgotten when it was right, or when something else went wrong.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from domains.billing.errors import CodeRefused, CouponRefused, PersonNotFound, TooManyGuesses
from domains.billing.repository import coupons as repository
from domains.kernel.uow import Database


@asynccontextmanager
async def counted(db: Database, user_id: UUID, now: datetime) -> AsyncGenerator[None]:
    """Around a try that may raise CodeRefused, CouponRefused or PersonNotFound. Raises TooManyGuesses, also for what
    is right: the difference would tell that it is."""
    guess_id = await repository.guess(db, user_id, now)
    blocked_until = await repository.blocked_until(db, guess_id, user_id, now)
    if blocked_until is not None:
        await repository.forget_guess(db, guess_id)
        wait_s = max(1, int((blocked_until - now).total_seconds()) + 1)
        raise TooManyGuesses("try again later, with a code that you were given", retry_after_s=wait_s)
    try:
        yield
    except (CodeRefused, CouponRefused, PersonNotFound):
        await repository.forget_old_guesses(db, user_id, now)
        raise
    except Exception:
        await repository.forget_guess(db, guess_id)
        raise
    await repository.forget_guess(db, guess_id)
