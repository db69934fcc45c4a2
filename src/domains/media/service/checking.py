"""What storage and database disagree on, and mending it.

Invariant: nothing is mended away that somebody has: an object that is missing is told of, and stored anew when it is
brought again, or found again once the storage has it; only what no row and no leftover names is deleted, and only once
it is a day old.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal

import msgspec

from domains.kernel.uow import Database
from domains.media.errors import BadFile
from domains.media.policy.purposes import GRACE
from domains.media.policy.refs import ref_of
from domains.media.policy.types import KINDS, Kind
from domains.media.providers.images import BadPicture, pictures_of
from domains.media.providers.port import Depot, Missing, Stored
from domains.media.repository import blobs, uploads
from domains.media.repository.blobs import Blob
from domains.media.service import looking
from domains.media.service.storage import told

Trouble = Literal["missing", "wrong_size", "wrong_content", "unknown", "back"]
_PAGE = 200


class Disagreement(msgspec.Struct, frozen=True):
    """`ref` is of the content that an object belongs to, and empty for what belongs to none."""

    trouble: Trouble
    key: str
    ref: str
    mended: str = ""
    """What was done about it; empty for nothing."""


class Checked(msgspec.Struct):
    contents: int = 0
    objects: int = 0
    bytes: int = 0
    disagreements: list[Disagreement] = msgspec.field(default_factory=list)


async def check(db: Database, now: datetime, *, repair: bool, deep: bool) -> Checked:
    """`deep` reads all that was uploaded. Raises StorageAway."""
    found = Checked()
    for first in range(256):
        prefix = f"files/{first:02x}"
        objects = {stored.key: stored async for stored in _listed(db, prefix)}
        found.objects += len(objects)
        found.bytes += sum(stored.size_bytes for stored in objects.values())
        async for blob in _blobs(db, first):
            found.contents += 1
            found.disagreements += await _of(db, blob, objects, repair=repair, deep=deep)
            for key in blob.objects():
                objects.pop(key, None)
        found.disagreements += await _strangers(db, prefix, objects, now, repair=repair)
    sent = {stored.key: stored async for stored in _listed(db, "parts")}
    found.objects += len(sent)
    found.bytes += sum(stored.size_bytes for stored in sent.values())
    of_uploads = await uploads.there(db.fetch, {_upload_of(key) for key in sent})
    lost = {key: stored for key, stored in sent.items() if _upload_of(key) not in of_uploads}
    found.disagreements += await _strangers(db, "parts", lost, now, repair=repair)
    return found


def _upload_of(key: str) -> str:
    """Of a part, `parts/<upload>/<number>`."""
    return key.split("/")[1]


async def _of(db: Database, blob: Blob, objects: dict[str, Stored], *, repair: bool, deep: bool) -> list[Disagreement]:
    troubles = await _troubles(db, blob, objects, deep=deep)
    if troubles:
        # What was stored after all of them were listed is not missing.
        anew = {stored.key: stored async for stored in _listed(db, blob.prefix)}
        troubles = await _troubles(db, blob, anew, deep=deep)
    mended = ""
    if not troubles and blob.state == "missing":
        troubles = [("back", blob.original)]
        if repair:
            await blobs.found(db, blob)
            mended = "shown again"
    elif troubles and repair:
        mended = await _mend(db, blob, troubles)
    return [Disagreement(trouble, key, ref_of(blob.sha256), mended) for trouble, key in troubles]


async def _listed(db: Database, prefix: str) -> AsyncIterator[Stored]:
    with told():
        async for stored in db.port(Depot).storage.listed(prefix):
            yield stored


async def _blobs(db: Database, first: int) -> AsyncIterator[Blob]:
    """Whose hashes begin so."""
    after = bytes([first - 1]) + b"\xff" * 32 if first else b""
    while page := await blobs.page(db, after=after, most=_PAGE):
        for blob in page:
            if blob.sha256[0] != first:
                return
            yield blob
        after = page[-1].sha256


async def _troubles(db: Database, blob: Blob, objects: dict[str, Stored], *, deep: bool) -> list[tuple[Trouble, str]]:
    found: list[tuple[Trouble, str]] = []
    for key, size_bytes in blob.objects().items():
        if key not in objects:
            found.append(("missing", key))
        elif objects[key].size_bytes != size_bytes:
            found.append(("wrong_size", key))
    # What was lost is shown again only if it is what it was.
    if (deep or blob.state == "missing") and not found:
        try:
            if await _hash(db, blob) != blob.sha256:
                found.append(("wrong_content", blob.original))
        except Missing:
            found.append(("missing", blob.original))
    return found


async def _hash(db: Database, blob: Blob) -> bytes:
    digest = hashlib.sha256()
    with told():
        async for piece in db.port(Depot).storage.read(blob.original):
            digest.update(piece)
    return digest.digest()


async def _mend(db: Database, blob: Blob, troubles: list[tuple[Trouble, str]]) -> str:
    if all(key != blob.original for _, key in troubles) and KINDS[blob.type] is Kind.IMAGE:
        try:
            await _remake(db, blob)
        except (BadPicture, BadFile, Missing):
            pass
        else:
            return "made anew"
    await blobs.lost(db, blob)
    return "marked as lost: shown to nobody until it is brought again"


async def _remake(db: Database, blob: Blob) -> None:
    """Pictures, out of the original. Raises BadPicture and Missing."""
    depot = db.port(Depot)
    async with looking.scratch(depot) as file:
        with told():
            await looking.gather(file, depot.storage.read(blob.original), most_bytes=blob.size_bytes)
        made = await pictures_of(file, blob.type)
        with told():
            for variant, content in made.pictures:
                await depot.storage.put(f"{blob.prefix}/{variant.object_name}", content, variant.type)
    await blobs.remade(db, blob, [variant for variant, _ in made.pictures])


async def _strangers(
    db: Database, prefix: str, objects: dict[str, Stored], now: datetime, *, repair: bool
) -> list[Disagreement]:
    """What no row names; not what is being written, or waits to be deleted."""
    expected = tuple(f"{left}/" for left in await blobs.leftovers(db, prefix))
    old = (now - GRACE).timestamp()
    found = [
        stored
        for stored in objects.values()
        if stored.changed_at < old and not (expected and stored.key.startswith(expected))
    ]
    if found and repair:
        with told():
            await db.port(Depot).storage.delete([stored.key for stored in found])
    return [Disagreement("unknown", stored.key, "", "deleted" if repair else "") for stored in found]
