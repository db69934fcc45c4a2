"""Other people: who may be seen, and how much of them.

Invariant: whoever may not be seen is answered for like somebody who is not there, in the same words.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domains.identity import api as identity
from domains.identity.api import Person
from domains.kernel.clock import utc_now
from domains.kernel.page import Page, page_of
from domains.kernel.uow import UnitOfWork
from domains.profiles.errors import BadProfileField, PersonNotFound, Yourself
from domains.profiles.policy.bonds import FORGOTTEN, BondState, alive, standing
from domains.profiles.policy.handles import SHORTEST_PREFIX, prefix_range
from domains.profiles.policy.privacy import View, view
from domains.profiles.repository import lists, pairs, profiles
from domains.profiles.repository.lists import List
from domains.profiles.repository.pairs import Pair
from domains.profiles.schemas.people import (
    BlockedOut,
    CardOut,
    FriendProfileOut,
    ListedOut,
    PersonOut,
    ProfileOut,
    PublicProfileOut,
)
from domains.profiles.service.avatars import avatar_path


async def seen(uow: UnitOfWork, me: UUID, other: UUID) -> tuple[Pair, Person, View]:
    """What is between two people, where the one may see the other. Raises PersonNotFound and Yourself."""
    if me == other:
        raise Yourself
    pair = await pairs.pair(uow.session, me, other)
    if pair is None:
        raise PersonNotFound
    friends = pair.bond is not None and pair.bond.state is BondState.FRIENDS
    shown = view(pair.visibility, friends=friends, blocked=pair.blocking or pair.blocked_by)
    person = (await identity.people(uow, [other])).get(other)
    if shown is None or person is None:
        raise PersonNotFound
    return pair._replace(bond=alive(pair.bond, utc_now())), person, shown


async def sees_profile(uow: UnitOfWork, me: UUID, other: UUID) -> bool:
    """Whether more is shown than a name. Raises PersonNotFound for somebody who may not be seen at all."""
    return me == other or (await seen(uow, me, other))[2] is not View.CARD


async def profile(uow: UnitOfWork, me: UUID, other: UUID) -> ProfileOut:
    """Raises PersonNotFound and Yourself."""
    pair, person, shown = await seen(uow, me, other)
    friendship = standing(pair.bond, me)
    if shown is View.CARD:
        return CardOut(other, person.name, pair.handle, friendship)
    avatar = avatar_path(pair.avatar_sha256)
    if shown is View.PUBLIC or pair.bond is None:
        return PublicProfileOut(
            other,
            person.name,
            pair.handle,
            friendship,
            pair.bio,
            avatar,
            person.since,
            following=pair.following,
            wears=pair.wears,
        )
    return FriendProfileOut(
        other,
        person.name,
        pair.handle,
        pair.bio,
        avatar,
        person.since,
        following=pair.following,
        friends_since=pair.bond.at,
        wears=pair.wears,
    )


async def profile_of_handle(uow: UnitOfWork, me: UUID, handle: str) -> ProfileOut:
    """Raises PersonNotFound and Yourself."""
    other = await profiles.owner(uow.session, handle.removeprefix("@").lower())
    if other is None:
        raise PersonNotFound
    return await profile(uow, me, other)


async def search(uow: UnitOfWork, me: UUID, prefix: str, *, after: str | None, limit: int) -> Page[PersonOut]:
    """A page may hold fewer than `limit` though there are more. Raises BadProfileField."""
    between = prefix_range(prefix)
    if between is None:
        raise BadProfileField("handle", f"handle is the beginning of a handle, at least {SHORTEST_PREFIX} letters")
    page = page_of(
        await lists.search(uow.session, me, *between, after=after, most=limit + 1), limit, lambda found: found.handle
    )
    people = await identity.people(uow, [found.user_id for found in page.items])
    shown = [
        PersonOut(found.user_id, people[found.user_id].name, found.handle, avatar_path(found.avatar_sha256))
        for found in page.items
        if found.user_id in people
    ]
    return Page(shown, page.next_cursor)


async def listed(
    uow: UnitOfWork, which: List, me: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> Page[ListedOut]:
    """A page may hold fewer than `limit` though there are more."""
    oldest = utc_now() - FORGOTTEN
    rows = await lists.listed(uow.session, which, me, oldest=oldest, after=after, most=limit + 1)
    page = page_of(rows, limit, lambda row: (row.at, row.user_id))
    people = await identity.people(uow, [row.user_id for row in page.items])
    shown = [
        ListedOut(PersonOut(row.user_id, people[row.user_id].name, row.handle, avatar_path(row.avatar_sha256)), row.at)
        for row in page.items
        if row.user_id in people
    ]
    return Page(shown, page.next_cursor)


async def blocked(uow: UnitOfWork, me: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> Page[BlockedOut]:
    rows = await lists.blocked(uow.session, me, after=after, most=limit + 1)
    page = page_of(rows, limit, lambda row: (row.at, row.user_id))
    return Page([BlockedOut(*row) for row in page.items], page.next_cursor)


async def visible(uow: UnitOfWork, viewer: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that `viewer` may see: open accounts, not private, not blocked in either direction; `viewer`
    always. Two queries, however many they are."""
    if not ids:
        return set()
    open_ids = (await identity.people(uow, ids)).keys()
    return (open_ids - await pairs.unseen(uow.session, viewer, ids)) | ({viewer} & set(ids))
