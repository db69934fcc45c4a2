"""Files from elsewhere: fetched once, from public addresses only, and looked at like any other."""

from urllib.parse import unquote, urlsplit
from uuid import UUID

from domains.kernel.addresses import parsed
from domains.kernel.egress import Away, OutOfReach, TooLarge
from domains.kernel.uow import Database
from domains.media.errors import BadMediaField, FileTooLarge, ImportFailed
from domains.media.policy.purposes import MOST_BYTES, Purpose
from domains.media.policy.types import Kind
from domains.media.providers.port import Depot
from domains.media.repository.files import File
from domains.media.schemas.files import ImportIn
from domains.media.service import looking, storing
from domains.media.service.uploads import wish_of

MOST_FETCHED = max(MOST_BYTES[kind] for kind in (Kind.IMAGE, Kind.AUDIO, Kind.DOCUMENT))
"""Films are sent, not fetched."""


async def fetch(db: Database, owner_id: UUID, data: ImportIn) -> File:
    """Raises NotForYou, ImportFailed, FileTooLarge, QuotaExceeded, and what an upload may fail with."""
    name = data.name or unquote(urlsplit(data.url).path).rstrip("/").rpartition("/")[2][:200] or "file"
    wish = wish_of(owner_id, Purpose.COURSE, data.visibility, name, data.alt)
    async with db.begin() as uow:
        await storing.check_purpose(uow, owner_id, Purpose.COURSE, data.course_id)
        await storing.check_room(uow, owner_id, 1, data.course_id)
    depot, place = db.port(Depot), parsed(data.url)
    if place is None or not depot.egress.takes(data.url):
        raise BadMediaField("url", "url is a public https address without a password")
    async with looking.scratch(depot) as file:
        try:
            answer = await depot.egress.download(data.url, place.host, file, most_bytes=MOST_FETCHED)
        except OutOfReach:
            raise BadMediaField("url", "url is a public https address without a password") from None
        except TooLarge:
            raise FileTooLarge(MOST_FETCHED + 1, MOST_FETCHED) from None
        except Away:
            raise ImportFailed("Nothing answers there in time") from None
        if answer.status != 200:
            raise ImportFailed(f"The answer there is {answer.status}; addresses that lead elsewhere are not followed")
        found = await looking.look(depot, file, Purpose.COURSE)
        return await storing.keep(db, wish, found, file, course_id=data.course_id)
