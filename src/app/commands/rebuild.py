"""`lyceum rebuild boards`, `schedule`, `progress` and `search`."""

import time
from pathlib import Path
from uuid import UUID

import asyncpg
import click
import msgspec
from sqlalchemy.exc import DBAPIError

from app.commands.options import data_dir_option, json_option, print_json, say
from app.commands.running import run
from app.infra import Infra
from domains.catalog import api as catalog
from domains.gamification.api import check_ledger, rebuild_boards
from domains.identity import api as identity
from domains.learning.api import Rebuilt, Recounted, rebuild_all, recount_all

_REPORT_S = 2.0
_MOST_SHOWN = 20


@click.group()
def rebuild() -> None:
    """Rebuild what is derived from ledgers and published courses, or check it against them."""


@rebuild.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something differs from the ledger.")
@data_dir_option
@json_option
def boards(check: bool, data_dir: Path | None, as_json: bool) -> None:
    """Balances, league standings, streaks and the boards in Redis, from the XP ledger."""

    async def work(infra: Infra) -> list[str]:
        if not check:
            try:
                await rebuild_boards(infra.db, infra.redis)
            except (DBAPIError, asyncpg.LockNotAvailableError) as error:
                raise click.ClickException("awards hold the balances all the time; run it again in a moment") from error
        return await check_ledger(infra.db, infra.redis)

    differences = run(data_dir, work)
    if as_json:
        print_json({"differences": differences})
    else:
        for difference in differences:
            click.echo(difference)
        if not differences:
            click.echo("the ledger and all that follows from it agree")
    if differences:
        hint = "`lyceum rebuild boards` mends them" if check else "run it again when the system is less busy"
        raise click.ClickException(f"{len(differences)} differences; {hint}")


@rebuild.command()
@click.option("--user", help="Only this learner, by id or e-mail address.")
@click.option("--course", help="Only this course, by id or slug.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would change.")
@data_dir_option
@json_option
def schedule(user: str | None, course: str | None, dry_run: bool, data_dir: Path | None, as_json: bool) -> None:
    """What learners remember and when it is due, from the log of answers and flashcards."""

    async def work(infra: Infra) -> _Sum:
        user_id, course_id = await _user(infra, user), await _course(infra, course)
        found = _Sum(dry_run=dry_run)
        began = reported = time.monotonic()
        async for done in rebuild_all(infra.db, user_id, course_id, dry_run=dry_run):
            found.add(done)
            if time.monotonic() - reported >= _REPORT_S:
                reported = time.monotonic()
                say(f"{found.learners} learners of a course, {found.reviews} reviews, {reported - began:.0f} s")
        return found

    found = run(data_dir, work)
    if as_json:
        print_json(found)
        return
    would = "would be " if dry_run else ""
    click.echo(f"{found.items} states of {found.learners} learners of a course, from {found.reviews} reviews:")
    click.echo(f"{found.wrong} wrong and {found.behind} behind {would}mended, {found.gone} of nothing {would}removed")


@rebuild.command()
@click.option("--user", help="Only this learner, by id or e-mail address.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something differs from the log.")
@data_dir_option
@json_option
def progress(user: str | None, check: bool, data_dir: Path | None, as_json: bool) -> None:
    """What sessions, lessons and days add up to, from the log of answers, flashcards and completed sessions."""

    async def work(infra: Infra) -> _Counts:
        found = _Counts(check=check)
        began = reported = time.monotonic()
        async for done in recount_all(infra.db, await _user(infra, user), dry_run=check):
            found.add(done)
            if time.monotonic() - reported >= _REPORT_S:
                reported = time.monotonic()
                say(f"{found.learners} learners, {found.answers} answers, {reported - began:.0f} s")
        return found

    found = run(data_dir, work)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found.answers} answers of {found.learners} learners:")
        what = f"{found.sessions} sessions, {found.lessons} lessons and {found.quarters} quarters of an hour"
        click.echo(f"{what} {'differ' if check else 'were mended'}")
    if check and found.differing:
        raise click.ClickException(f"{found.differing} learners; `lyceum rebuild progress` mends them")


@rebuild.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where something differs from the courses.")
@data_dir_option
@json_option
def search(check: bool, data_dir: Path | None, as_json: bool) -> None:
    """What lists and search show of courses, from their published revisions."""

    async def work(infra: Infra) -> list[tuple[str, int]]:
        return await catalog.rebuild_search(infra.db, dry_run=check)

    found = run(data_dir, work)
    if as_json:
        print_json({"check": check, "courses": [{"slug": slug, "entries": entries} for slug, entries in found]})
    else:
        for slug, entries in found:
            click.echo(f"{slug}: {entries} entries {'differ' if check else 'written'}")
        if not found:
            click.echo("search and the published courses agree")
    if check and found:
        raise click.ClickException(f"{len(found)} courses; `lyceum rebuild search` mends them")


class _Counts(msgspec.Struct):
    check: bool
    learners: int = 0
    answers: int = 0
    sessions: int = 0
    """Of which the answers, the right ones or the time were counted wrong."""
    lessons: int = 0
    """Of a learner, done more or less often, or better or worse, than was told."""
    quarters: int = 0
    """Rows of activity that were wrong."""
    differing: int = 0
    examples: list[UUID] = []
    """Some of the learners of whom something differed."""

    def add(self, done: Recounted) -> None:
        self.learners += 1
        self.answers += done.found.answers
        self.sessions += done.found.sessions
        self.lessons += done.found.lessons
        self.quarters += done.found.quarters
        if any(done.found[1:]):
            self.differing += 1
            self.examples += [done.user_id][: _MOST_SHOWN - len(self.examples)]


class _Sum(msgspec.Struct):
    dry_run: bool
    learners: int = 0
    """Learners of a course: who learns two counts twice."""
    reviews: int = 0
    items: int = 0
    wrong: int = 0
    """States that claimed to be what the log says and were not."""
    behind: int = 0
    """States that would have been computed anew when next read."""
    gone: int = 0
    """States of which the log knows nothing."""
    examples: list[dict[str, UUID]] = []
    """Some of the wrong ones."""

    def add(self, done: Rebuilt) -> None:
        self.learners += 1
        self.reviews += done.reviews
        self.items += done.items
        self.wrong += len(done.wrong)
        self.behind += done.behind
        self.gone += done.gone
        for item in done.wrong[: _MOST_SHOWN - len(self.examples)]:
            self.examples.append({"user_id": done.user_id, "course_id": done.course_id, "item_id": item})


async def _user(infra: Infra, given: str | None) -> UUID | None:
    if given is None:
        return None
    if (known := _uuid(given)) is not None:
        return known
    async with infra.db.begin() as uow:
        found = await identity.id_of_email(uow, given)
    if found is None:
        raise click.ClickException(f"there is nobody with the address {given}")
    return found


async def _course(infra: Infra, given: str | None) -> UUID | None:
    if given is None:
        return None
    if (known := _uuid(given)) is not None:
        return known
    async with infra.db.begin() as uow:
        found = (await catalog.ids_of_slugs(uow, [given])).get(given)
    if found is None:
        raise click.ClickException(f"there is no published course {given}")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
