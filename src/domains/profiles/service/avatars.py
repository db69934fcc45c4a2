"""Pictures of people. Media keep them; a profile names its own, and says so, so that it stays for as long as it is
shown."""

from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.media import api as media
from domains.profiles.errors import BadProfileField
from domains.profiles.repository import profiles as repository


def avatar_path(sha256: bytes | None) -> str | None:
    return media.url_of(media.ref_of(sha256), square=True) if sha256 is not None else None


async def taken_avatar(uow: UnitOfWork, user_id: UUID, file_id: UUID | None) -> bytes | None:
    """The content of somebody's picture, held from now on in place of the former. Raises BadProfileField."""
    ref = await media.own_ref(uow, user_id, file_id, media.Purpose.AVATAR) if file_id is not None else None
    if file_id is not None and ref is None:
        raise BadProfileField("avatar_file_id", "avatar_file_id is of a file of one's own with the purpose avatar")
    await media.hold(uow, _holder(user_id), [ref] if ref is not None else [])
    return media.digest_of(ref) if ref is not None else None


async def release(uow: UnitOfWork, user_id: UUID) -> None:
    await media.hold(uow, _holder(user_id), [])


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """Who has no picture takes that of who they were."""
    own = {profile.user_id: profile.avatar_sha256 for profile in await repository.many(uow.session, [from_id, into_id])}
    former = own.get(from_id)
    if former is None:
        return
    await release(uow, from_id)
    await repository.change(uow.session, from_id, {"avatar_sha256": None})
    if own.get(into_id) is None:
        await media.hold(uow, _holder(into_id), [media.ref_of(former)])
        await repository.change(uow.session, into_id, {"avatar_sha256": former})


def _holder(user_id: UUID) -> str:
    return f"avatar:{user_id}"
