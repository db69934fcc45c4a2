"""What media wants of a storage and of a scanner, and what a process has of both.

A key is a name with `/` in it, made by us. A storage keeps what it was given until it is told to delete it, and shows
an object whole or not at all.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from domains.kernel.egress import Egress


class Missing(Exception):
    """There is no such object."""


class Away(Exception):
    """The storage, or the scanner, does not answer, or refuses us."""


class Stored(NamedTuple):
    key: str
    size_bytes: int
    changed_at: float
    """Seconds since 1970."""


class Target(NamedTuple):
    """How a client hands over one part, without us in between."""

    url: str
    method: str = "PUT"
    headers: Mapping[str, str] = {}
    fields: Mapping[str, str] | None = None
    """With them, the part goes as the field `file` of a form."""


class Storage(Protocol):
    """All raise Away."""

    name: str

    async def put(self, key: str, content: bytes | IO[bytes], type_: str) -> None: ...

    async def receive(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Where `target` is None: what a client sends, as it comes. Nothing is kept of what ends with an error."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Raises Missing before the first piece."""
        ...

    def listed(self, prefix: str) -> AsyncIterator[Stored]:
        """All whose keys begin so, a whole segment of the key at a time; in no order."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """What is not there is no error."""
        ...

    async def target(self, key: str, valid: timedelta) -> Target | None:
        """None: clients hand it to us."""
        ...

    async def ask(self) -> None:
        """One small question."""
        ...

    async def aclose(self) -> None: ...


class Scanner(Protocol):
    async def scan(self, file: IO[bytes]) -> str | None:
        """What it has found; None for nothing. Raises Away."""
        ...


@dataclass(frozen=True, slots=True)
class Depot:
    """All that a process has for files; the composition root opens it."""

    storage: Storage
    egress: Egress
    """For files that are fetched from elsewhere."""
    scratch: Path
    """A directory for files while they are looked at."""
    public_url: str
    scanner: Scanner | None = None
    learner_bytes: int = 0
    """How much one person may have."""
    author_bytes: int = 0

    async def aclose(self) -> None:
        await self.egress.aclose()
        await self.storage.aclose()
