"""What people do to each other: ask, accept, part, follow, block.

Invariant: whoever changes what is between two people holds the rows of both, so that requests of both at once make one
friendship, none grows out of a request that was blocked meanwhile, and nobody has one friend too many.
"""

from collections.abc import Callable
from uuid import UUID

from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.profiles.errors import NoRoom, NotPublic, PersonNotFound, ProfileHidden, Yourself
from domains.profiles.events import FriendRequested, FriendsMade
from domains.profiles.policy import bonds, limits
from domains.profiles.policy.bonds import Bond, BondState, Standing
from domains.profiles.policy.privacy import Visibility
from domains.profiles.repository import pairs as repository
from domains.profiles.repository.pairs import Counts, Pair
from domains.profiles.service import people


async def ask(uow: UnitOfWork, me: UUID, other: UUID) -> Standing:
    """What is between the two then: who asks somebody that has asked them has a friend. Again changes nothing. Raises
    PersonNotFound, Yourself, ProfileHidden and NoRoom."""
    pair = await _facing(uow, me, other)
    after = bonds.ask(pair.bond, me, utc_now())
    if after != pair.bond:
        if pair.bond is None and (await _counts(uow, me)).requests >= limits.MOST_REQUESTS:
            raise NoRoom("friend requests that wait", limits.MOST_REQUESTS)
        await _save(uow, me, other, pair.bond, after)
        if after.state is BondState.ASKED:
            uow.record(FriendRequested(user_id=other, from_id=me))
    return bonds.standing(after, me)


async def accept(uow: UnitOfWork, me: UUID, other: UUID) -> Standing:
    """Raises RequestNotFound, PersonNotFound, Yourself, ProfileHidden and NoRoom."""
    pair = await _facing(uow, me, other)
    after = bonds.accept(pair.bond, me, utc_now())
    if after != pair.bond:
        await _save(uow, me, other, pair.bond, after)
    return bonds.standing(after, me)


async def decline(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """Quiet where nothing waits for an answer. The other is not told."""
    await _let_go(uow, me, other, lambda bond: bonds.decline(bond, me))


async def withdraw(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """Quiet where there is no request."""
    await _let_go(uow, me, other, lambda bond: bonds.withdraw(bond, me))


async def part(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """Quiet where they are no friends. The other is not told."""
    await _let_go(uow, me, other, bonds.part)


async def follow(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """Again changes nothing. Raises PersonNotFound, Yourself, ProfileHidden, NotPublic and NoRoom."""
    pair = await _facing(uow, me, other)
    if pair.visibility is not Visibility.PUBLIC:
        raise NotPublic
    if pair.following:
        return
    if (await _counts(uow, me)).followed >= limits.MOST_FOLLOWED:
        raise NoRoom("people that you follow", limits.MOST_FOLLOWED)
    await repository.follow(uow.session, me, other, utc_now())


async def unfollow(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """Of the two, either may end it: call it the other way round to lose a follower. Quiet where there is none."""
    await repository.unfollow(uow.session, me, other)


async def block(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """Neither sees the other from now on, and what was between them is gone. Quiet for somebody who is not there, so
    that it does not tell who is. Raises Yourself and NoRoom."""
    if me == other:
        raise Yourself
    await repository.hold(uow.session, me, other)
    if (await _counts(uow, me)).blocked >= limits.MOST_BLOCKED:
        raise NoRoom("people that you block", limits.MOST_BLOCKED)
    if await repository.pair(uow.session, me, other) is None:
        return
    try:
        _, person, _ = await people.seen(uow, me, other)
        name = person.name
    except PersonNotFound:
        name = None
    await repository.block(uow.session, me, other, name, utc_now())


async def unblock(uow: UnitOfWork, me: UUID, other: UUID) -> None:
    """What was between the two before does not come back. Quiet where nothing is blocked."""
    await repository.unblock(uow.session, me, other)


async def _facing(uow: UnitOfWork, me: UUID, other: UUID) -> Pair:
    """What is between the two, held, for somebody who comes forward: they show themselves too."""
    await repository.hold(uow.session, me, other)
    pair, _, _ = await people.seen(uow, me, other)
    if pair.my_visibility is Visibility.PRIVATE:
        raise ProfileHidden
    return pair


async def _save(uow: UnitOfWork, me: UUID, other: UUID, before: Bond | None, after: Bond) -> None:
    if after.state is BondState.FRIENDS and (before is None or before.state is not BondState.FRIENDS):
        for person in (me, other):
            if (await _counts(uow, person)).friends >= limits.MOST_FRIENDS:
                raise NoRoom("friends of either of you", limits.MOST_FRIENDS)
        uow.record(FriendsMade(user_ids=sorted([me, other]), asker_id=after.asker))
    await repository.save_bond(uow.session, me, other, after)


async def _let_go(uow: UnitOfWork, me: UUID, other: UUID, change: Callable[[Bond | None], Bond | None]) -> None:
    if me == other:
        return
    await repository.hold(uow.session, me, other)
    pair = await repository.pair(uow.session, me, other)
    if pair is not None and (after := change(pair.bond)) != pair.bond:
        await repository.save_bond(uow.session, me, other, after)


async def _counts(uow: UnitOfWork, user_id: UUID) -> Counts:
    return await repository.counts(uow.session, user_id, oldest=utc_now() - bonds.FORGOTTEN)
