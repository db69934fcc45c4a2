"""A copy of everything that is held about a person, as a ZIP file of JSON.

Invariant: all of it is of one moment, its owner alone gets it, and a process that is killed leaves nothing half done:
the next begins again, and one run alone is ready and told of.
"""

import asyncio
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from domains.identity.errors import ExportNotReady, ExportUnderWay, ExportUnknown
from domains.identity.events import ExportReady, ExportRequested
from domains.identity.policy.actions import Action
from domains.identity.policy.rights import EXPORT_GIVEN_UP, EXPORT_KEPT, EXPORTS_KEPT, ExportState
from domains.identity.repository import exports as repository
from domains.identity.repository.exports import Export, Overtaken, Run
from domains.identity.service import audit, notices
from domains.identity.service.caller import Caller
from domains.kernel.clock import utc_now
from domains.kernel.domain import PersonalData
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

_PAGE = 1000
_CHUNK_BYTES = 256 * 1024
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Holdings:
    """What each domain holds about people. The composition root gives it: domains above are not known here."""

    of: Mapping[str, Sequence[PersonalData]]

    @property
    def files(self) -> list[tuple[str, PersonalData]]:
        """Each with its name in the ZIP file."""
        return [(f"{domain}/{held.file}.json", held) for domain, all_held in self.of.items() for held in all_held]


async def request(uow: UnitOfWork, user_id: UUID, caller: Caller) -> Export:
    """Raises ExportUnderWay."""
    export = await repository.add(uow.session, new_id(), user_id, keep=EXPORTS_KEPT)
    if export is None:
        raise ExportUnderWay
    uow.record(ExportRequested(export_id=export.id))
    audit.record(uow, Action.EXPORT_REQUESTED, user_id=user_id, detail={"export": str(export.id)}, caller=caller)
    notices.tell(uow, user_id, Action.EXPORT_REQUESTED)
    return export


async def shown(db: Database, user_id: UUID, export_id: UUID) -> Export:
    """Raises ExportUnknown, also for somebody else's."""
    export = await repository.one(db, user_id, export_id)
    if export is None:
        raise ExportUnknown
    return export


async def fetched(db: Database, user_id: UUID, export_id: UUID, caller: Caller) -> Export:
    """One that is ready; that it was fetched is written down. Raises ExportUnknown and ExportNotReady."""
    export = await shown(db, user_id, export_id)
    if export.state != ExportState.READY:
        raise ExportNotReady
    if export.expires_at is None or export.expires_at <= utc_now():
        raise ExportUnknown
    async with db.begin() as uow:
        audit.record(uow, Action.EXPORT_FETCHED, user_id=user_id, detail={"export": str(export_id)}, caller=caller)
    return export


async def content(db: Database, export: Export) -> AsyncGenerator[bytes]:
    """The file, piece by piece; nothing is held between them, however slowly they are taken."""
    number = 0
    while (piece := await repository.chunk(db, export.id, number)) is not None:
        yield piece
        number += 1


async def write(uow: UnitOfWork, export_id: UUID) -> None:
    """Writes outside of the transaction, which only says that it is done."""
    run = await repository.begin(uow.db, export_id)
    if run is None:
        return
    try:
        size_bytes = await _write(uow.db, run)
    except Overtaken:
        return
    now = utc_now()
    expires_at = now + EXPORT_KEPT
    if await repository.finish(uow.session, run, size_bytes=size_bytes, now=now, expires_at=expires_at):
        uow.record(ExportReady(user_id=run.user_id, export_id=run.id, expires_at=expires_at))


async def look_after(db: Database, now: datetime, *, at_most: int) -> None:
    """Gives up what will never be ready, and forgets what has had its time."""
    await repository.give_up(db, begun_before=now - EXPORT_GIVEN_UP, keep_until=now + EXPORT_KEPT)
    while await repository.purge(db, now, at_most=at_most) == at_most:
        pass


class _Pieces:
    """Where a ZIP file is written to, until enough has come together for a row."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def flush(self) -> None:
        """Rows are flushed by who takes them."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self, *, least: int) -> bytes | None:
        if len(self._bytes) < least:
            return None
        taken, self._bytes = bytes(self._bytes), bytearray()
        return taken


class _Copy:
    """One run: the ZIP file as it grows, and how far it is."""

    def __init__(self, db: Database, run: Run, counts: Mapping[str, int]) -> None:
        self._db = db
        self._run = run
        self._pieces = _Pieces()
        self._zip = zipfile.ZipFile(self._pieces, "w", zipfile.ZIP_DEFLATED)
        self._total = sum(counts.values())
        self._done = 0
        self._number = 0
        self.size_bytes = 0

    async def add(self, name: str, text: str) -> None:
        await asyncio.to_thread(self._zip.writestr, name, text)

    async def add_rows(self, name: str, pages: AsyncIterator[Sequence[str]]) -> None:
        """A list of what `pages` brings, one row a line."""
        about = zipfile.ZipInfo(name, utc_now().timetuple()[:6])
        about.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(about, "w") as member:
            between = "[\n"
            async for page in pages:
                # Compressing takes milliseconds, which the loop does not have.
                await asyncio.to_thread(member.write, (between + ",\n".join(page)).encode())
                between = ",\n"
                self._done += len(page)
                await repository.progress(self._db, self._run, self._done, self._total)
                await self._keep(least=_CHUNK_BYTES)
            member.write(b"[]\n" if between == "[\n" else b"\n]\n")

    async def close(self) -> None:
        self._zip.close()
        await self._keep(least=1)

    async def _keep(self, *, least: int) -> None:
        piece = self._pieces.take(least=least)
        if piece is not None:
            await repository.keep(self._db, self._run, self._number, piece)
            self._number += 1
            self.size_bytes += len(piece)


async def _write(db: Database, run: Run) -> int:
    """The size in bytes. Raises Overtaken."""
    files = db.port(Holdings).files
    async with db.snapshot() as snapshot:
        counts = {name: await repository.count(snapshot, held, run) for name, held in files}
        await repository.progress(db, run, 0, sum(counts.values()))
        copy = _Copy(db, run, counts)
        await copy.add(_MANIFEST, _manifest(run, counts))
        for name, held in files:
            await copy.add_rows(name, repository.pages(snapshot, held, run, most=_PAGE))
    await copy.close()
    return copy.size_bytes


def _manifest(run: Run, counts: Mapping[str, int]) -> str:
    """What is in the file, for whoever opens it first."""
    told = {"user_id": run.user_id, "export_id": run.id, "made_at": utc_now(), "rows": counts}
    return msgspec.json.format(msgspec.json.encode(told).decode()) + "\n"
