"""People out of a CSV file of another system.

Invariant: nothing is stored unless the whole file is good, and whoever has an address already stays as they are, so a
file can be imported again, also after half of it.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

from domains.identity.errors import BadField
from domains.identity.events import UserCreated
from domains.identity.policy.actions import Action
from domains.identity.policy.fields import (
    Role,
    checked_email,
    checked_locale,
    checked_name,
    checked_roles,
    checked_text,
    checked_time_zone,
    checked_username,
)
from domains.identity.repository import imports as repository
from domains.identity.repository.imports import Newcomer
from domains.identity.service import audit
from domains.identity.service.hashing import is_importable
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

T = TypeVar("T")

COLUMNS = ("email", "name", "username", "password_hash", "roles", "locale", "time_zone", "verified")
"""In any order; all but the first may be left out, or empty."""
AT_ONCE = 500
MOST_REMARKS = 1000

_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0", ""}


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong in one line of the file; lines count from 1, and the first holds the names of the columns."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(slots=True)
class Outcome:
    added: int = 0
    known: int = 0
    """Who had an account with the address before, and still has the same."""
    remarks: list[Remark] = field(default_factory=list)
    """Not empty: nothing was stored. At most MOST_REMARKS."""


Progress = Callable[[str, int], None]
"""What is being done, and after how many lines."""


async def import_people(db: Database, path: Path, *, dry_run: bool, progress: Progress) -> Outcome:
    outcome = Outcome()
    await _check(db, path, outcome, progress)
    if outcome.remarks or dry_run:
        return outcome
    outcome.added = outcome.known = 0
    for batch in _batches(_read(path, [])):
        async with db.begin() as uow:
            people = [person for _, person in batch]
            ids = await repository.add(uow.session, people)
            for person in people:
                if person.id in ids:
                    uow.record(UserCreated(user_id=person.id, imported=True))
                    detail = {"file": path.name, "roles": sorted(person.roles)}
                    audit.record(uow, Action.IMPORTED, user_id=person.id, detail=detail)
        outcome.added += len(ids)
        outcome.known += len(people) - len(ids)
        progress("stored", outcome.added + outcome.known)
    return outcome


async def _check(db: Database, path: Path, outcome: Outcome, progress: Progress) -> None:
    """Reads the whole file and stores nothing."""
    emails: dict[str, int] = {}
    usernames: dict[str, int] = {}
    remarks = outcome.remarks
    done = 0
    for batch in _batches(_read(path, remarks)):
        for line, person in batch:
            _once(remarks, emails, person.email.lower(), line, "email")
            if person.username is not None:
                _once(remarks, usernames, person.username, line, "username")
        async with db.begin() as uow:
            known = await repository.known_emails(uow.session, [person.email.lower() for _, person in batch])
            new = [(line, person) for line, person in batch if person.email.lower() not in known]
            taken = await repository.known_usernames(uow.session, [p.username for _, p in new if p.username])
        remarks.extend(
            Remark(line, f"username {person.username} is somebody else's")
            for line, person in new
            if person.username in taken
        )
        outcome.known += len(batch) - len(new)
        outcome.added += len(new)
        done += len(batch)
        progress("checked", done)
        if len(remarks) >= MOST_REMARKS:
            break
    remarks.sort(key=lambda remark: remark.line)
    del remarks[MOST_REMARKS:]


def _once(remarks: list[Remark], seen: dict[str, int], value: str, line: int, column: str) -> None:
    first = seen.setdefault(value, line)
    if first != line:
        remarks.append(Remark(line, f"{column} {value} stands in line {first} too"))


def _read(path: Path, remarks: list[Remark]) -> Iterator[tuple[int, Newcomer]]:
    """Good lines with their numbers; what is wrong with the others goes into `remarks`."""
    # Bytes that are no UTF-8 come through as lone surrogates, which no field takes: so they are told with their line.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, strict=True)
        line = 1
        try:
            names = [name.strip().lower() for name in next(reader, [])]
            problem = _wrong_columns(names)
            if problem:
                remarks.append(Remark(1, problem))
                return
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    person = _newcomer(names, cells, line, remarks)
                    if person is not None:
                        yield line, person
                if len(remarks) >= MOST_REMARKS:
                    return
                line = reader.line_num + 1
        except csv.Error as error:
            remarks.append(Remark(line, f"this is not CSV: {error}"))


def _wrong_columns(names: list[str]) -> str | None:
    if "email" not in names:
        return f"the first line names the columns, and email is one of them; there are {', '.join(COLUMNS)}"
    for name in names:
        if name not in COLUMNS:
            return f"there is no column {name!r}; there are {', '.join(COLUMNS)}"
        if names.count(name) > 1:
            return f"column {name} is there twice"
    return None


def _newcomer(names: list[str], cells: list[str], line: int, remarks: list[Remark]) -> Newcomer | None:
    """None, and a remark for each field that is wrong."""
    if len(cells) != len(names):
        remarks.append(Remark(line, f"{len(cells)} fields, and {len(names)} columns"))
        return None
    row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
    before = len(remarks)

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except BadField as error:
            remarks.append(Remark(line, error.detail))

    email, name, username, roles = "", "", None, frozenset({Role.LEARNER})
    locale, time_zone, password_hash, verified = "en", "UTC", None, False
    with told():
        email = checked_email(checked_text("email", row["email"]))
    with told():
        name = checked_name(row.get("name") or email.partition("@")[0] or "?")
    with told():
        username = checked_username(checked_text("username", row.get("username", "")) or None)
    with told():
        roles = _roles(row.get("roles", ""))
    with told():
        locale = checked_locale(row.get("locale") or "en")
    with told():
        time_zone = checked_time_zone(row.get("time_zone") or "UTC")
    with told():
        password_hash = _hash(row.get("password_hash", ""))
    with told():
        verified = _truth(row.get("verified", ""))
    if len(remarks) > before:
        return None
    return Newcomer(new_id(), email, verified, username, name, password_hash, roles, time_zone, locale)


def _roles(written: str) -> frozenset[Role]:
    """`learner teacher` or `learner;teacher`; a learner where nothing is written."""
    return checked_roles(frozenset(written.replace(";", " ").lower().split())) or frozenset({Role.LEARNER})


def _hash(written: str) -> str | None:
    if written and not is_importable(checked_text("password_hash", written)):
        raise BadField("password_hash", "password_hash is neither bcrypt ($2b$…, cost 4 to 14) nor argon2id")
    return written or None


def _truth(written: str) -> bool:
    if written.lower() not in _YES | _NO:
        raise BadField("verified", "verified is yes or no")
    return written.lower() in _YES


def _batches(lines: Iterator[T]) -> Iterator[tuple[T, ...]]:
    while batch := tuple(islice(lines, AT_ONCE)):
        yield batch
