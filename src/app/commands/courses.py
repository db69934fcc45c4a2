"""`lyceum import`, `lyceum export` and `lyceum course`."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import click

from app.commands.options import data_dir_option, json_option, print_json, say
from app.commands.running import run
from app.infra import Infra
from domains.catalog import api as catalog
from domains.catalog.api import (
    Brought,
    Change,
    Loaded,
    Options,
    PublishedCourse,
    PublishingLine,
    Report,
    RevisionLine,
    Standing,
    Written,
)
from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork
from domains.learning import api as learning
from domains.learning.api import TakenDeck

T = TypeVar("T")

_SAID_AFTER_S = 1.0
"""What takes no longer needs no word."""
_READ = [name for name, form in catalog.FORMATS.items() if form.read]
_WRITTEN = [name for name, form in catalog.FORMATS.items() if form.write]


# Files


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("format_name", "--format", type=click.Choice(_READ), help="Told from the file where left out.")
@click.option("--slug", help="Name of the course in addresses, for files that do not say it.")
@click.option("--title", help="For files that do not say it.")
@click.option("--from", "source", help="Language of the learners (BCP 47), for files that do not say it.")
@click.option("--learning", "target", help="Language that is learned; the same as --from for other subjects.")
@click.option("--owner", "owner", help="Whose the files in it, and a new course, are: their e-mail address.")
@click.option("--draft", "as_draft", is_flag=True, help="Make it the draft; publish nothing.")
@click.option("--replace", "even_changed", is_flag=True, help="Also where authors have changed the draft: it is lost.")
@click.option("--dry-run", is_flag=True, help="Read, check and report, and change nothing.")
@click.option("email", "--for", help="Whose memory of the cards a deck of Anki brings along: their e-mail address.")
@data_dir_option
@json_option
def import_command(
    path: Path,
    format_name: str | None,
    slug: str | None,
    title: str | None,
    source: str | None,
    target: str | None,
    owner: str | None,
    as_draft: bool,
    even_changed: bool,
    dry_run: bool,
    email: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Publish the course at PATH, and report by file and line what was not understood.

    Exit status 1 where there are errors: nothing was changed then."""
    if email and (as_draft or dry_run):
        raise click.UsageError("--for goes with a course that is published")
    options = Options(slug, title, source, target)

    async def work(infra: Infra) -> tuple[Loaded | None, Brought | None, Report, TakenDeck | None]:
        learner = await id_of(infra, email) if email else None
        owner_id = await id_of(infra, owner) if owner else None
        async with _Progress.shown(f"reading {path.name}") as progress:
            loaded, report = await catalog.read_course(path, format_name, options)
            if loaded is not None and dry_run:
                await catalog.check_course(
                    infra.db, loaded, report, name=path.name, owner_id=None, as_draft=as_draft, tell=progress.tell
                )
            if loaded is None or dry_run:
                return loaded, None, report, None
            if catalog.course_has_files(loaded) and owner_id is None:
                raise click.ClickException("the course comes with files: say whose they are with --owner E-MAIL")
            brought = await catalog.bring_course(
                infra.db,
                loaded,
                report,
                name=path.name,
                owner_id=owner_id,
                as_draft=as_draft,
                even_changed=even_changed,
                tell=progress.tell,
            )
        if learner is None or brought is None:
            return loaded, brought, report, None
        taken = await learning.take_deck(infra.db, learner, brought.course_id, path, paid_only=False)
        return loaded, brought, report, taken

    loaded, brought, report, taken = run(data_dir, work)
    if as_json:
        schedule = taken and {"items": taken.items, "new": taken.new, "unknown": taken.unknown}
        done = {"dry_run": dry_run, "published": brought, "read": loaded and _counts(loaded)}
        print_json({**done, "remarks": report.remarks, "schedule": schedule})
    else:
        for remark in report.remarks:
            click.echo(str(remark))
        if dry_run and loaded is not None:
            click.echo(f"{loaded.course.slug}: {_in_words(_counts(loaded))}; nothing was changed")
        if brought is not None:
            click.echo(_outcome(brought))
        if taken is not None:
            click.echo(f"{taken.items} words and phrases are due when they were due in the deck ({taken.new} new)")
    if report.has_errors:
        raise click.ClickException("the course was not imported: see the errors above")


def _outcome(brought: Brought) -> str:
    if brought.number is None:
        return f"course {brought.course_id}: it is the draft now"
    state = "published as" if brought.changed else "unchanged, still"
    return f"course {brought.course_id}: {state} revision {brought.number}"


def _counts(loaded: Loaded) -> dict[str, int]:
    course = loaded.course
    return {"lessons": sum(1 for _ in course.lessons()), "exercises": sum(1 for _ in course.exercises())}


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


class _Progress:
    """A line each second on standard error, once something takes long."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since = time.monotonic()
        self._files = ""

    @classmethod
    @asynccontextmanager
    async def shown(cls, what: str) -> AsyncGenerator["_Progress"]:
        progress = cls(what)
        task = asyncio.create_task(progress._tick())
        try:
            yield progress
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def tell(self, done: int, total: int) -> None:
        self._files = f", {done} of {total} files and steps"

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_SAID_AFTER_S)
            say(f"{self._what}: {time.monotonic() - self._since:.0f} s{self._files}")


async def id_of(infra: Infra, email: str) -> UUID:
    async with infra.db.begin() as uow:
        found = await identity.id_of_email(uow, email)
    if found is None:
        raise click.ClickException(f"nobody has the address {email}")
    return found


@click.command("export")
@click.argument("course")
@click.option("format_name", "--format", type=click.Choice(_WRITTEN), default="lyceum", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead.")
@click.option("--draft", "as_draft", is_flag=True, help="What authors have now, not what learners get.")
@click.option("email", "--for", help="With --format anki: whose memory of the cards goes along.")
@data_dir_option
def export_command(
    course: str, format_name: str, output: Path | None, as_draft: bool, email: str | None, data_dir: Path | None
) -> None:
    """Write COURSE (its slug or id) to standard output, and what the format cannot say to standard error."""
    if email and (format_name != "anki" or as_draft):
        raise click.UsageError("--for goes with --format anki only, and with what learners get")

    async def work(infra: Infra) -> tuple[Written, Report]:
        learner = await id_of(infra, email) if email else None
        async with infra.db.begin() as uow:
            found = await catalog.course_named(uow, course)
        if learner is not None:
            return await learning.deck_of(infra.db, learner, found.id, paid_only=False), Report()
        _, written, report = await catalog.export_course(
            infra.db, found.id, "draft" if as_draft else "published", format_name
        )
        return written, report

    written, report = run(data_dir, work)
    for remark in report.remarks:
        say(str(remark))
    if output is None:
        click.echo(written.body, nl=False)
    else:
        output.write_bytes(written.body)


# What becomes of courses


@click.group()
def course() -> None:
    """Look after courses: publish drafts, compare, go back, retire. COURSE is a slug or an id."""


_note = click.option("--note", default="", help="What goes into the log.")


@course.command("list")
@data_dir_option
@json_option
def list_command(data_dir: Path | None, as_json: bool) -> None:
    """All courses, with what learners get and whether the draft says something else."""

    async def work(infra: Infra) -> list[Standing]:
        async with infra.db.begin() as uow:
            return await catalog.standings(uow.session)

    found = run(data_dir, work)
    if as_json:
        print_json([each._asdict() for each in found])
        return
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("there is no course")


def _line(found: Standing) -> str:
    number = f"revision {found.number}" if found.number else "never published"
    said = [number, f"{found.lessons} lessons", f"{found.exercises} exercises"]
    said += ["draft changed"] * found.changed + ["in review"] * (found.state == "in_review")
    said += [f"planned for {found.publish_at:%Y-%m-%d %H:%M} UTC"] if found.publish_at else []
    said += ["retired"] if found.retired_at else []
    return f"{found.slug}  {found.title}  ({', '.join(said)})"


@course.command("show")
@click.argument("course")
@data_dir_option
@json_option
def show_command(course: str, data_dir: Path | None, as_json: bool) -> None:
    """COURSE with its revisions and what was done about publishing it."""

    async def work(infra: Infra) -> tuple[Standing, list[RevisionLine], list[PublishingLine]]:
        async with infra.db.begin() as uow:
            found = await catalog.course_named(uow, course)
            revisions = await catalog.list_revisions(uow.session, found.id, None, 20)
            return found, revisions, await catalog.publishing_log(uow.session, found.id, None, 20)

    found, revisions, log = run(data_dir, work)
    if as_json:
        lines = {"revisions": [each._asdict() for each in revisions], "log": [each._asdict() for each in log]}
        print_json({**found._asdict(), **lines})
        return
    click.echo(f"{_line(found)}\n{found.id}")
    for each in revisions:
        current = "  < learners get this" if each.current else ""
        click.echo(f"  revision {each.number}  {each.published_at:%Y-%m-%d %H:%M}  {each.size_bytes} bytes{current}")
    for line in log:
        number = f" {line.number}" if line.number else ""
        click.echo(f"  {line.at:%Y-%m-%d %H:%M}  {line.action}{number}  {line.note}".rstrip())


@course.command("publish")
@click.argument("course")
@_note
@data_dir_option
@json_option
def publish_command(course: str, note: str, data_dir: Path | None, as_json: bool) -> None:
    """Make the draft of COURSE what learners get."""

    async def step(uow: UnitOfWork, found: Standing) -> PublishedCourse:
        return await catalog.publish_as(uow, catalog.machine_access(found.id), None, note)

    _tell_published(_do(data_dir, course, step), as_json)


@course.command("rollback")
@click.argument("course")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--reset-draft", is_flag=True, help="The draft says the same then; what was changed in it is lost.")
@_note
@data_dir_option
@json_option
def rollback_command(
    course: str, number: int, reset_draft: bool, note: str, data_dir: Path | None, as_json: bool
) -> None:
    """Make revision NUMBER of COURSE what learners get again."""

    async def step(uow: UnitOfWork, found: Standing) -> PublishedCourse:
        access = catalog.machine_access(found.id)
        return await catalog.roll_back_course(uow, access, number, reset_draft=reset_draft, note=note)

    _tell_published(_do(data_dir, course, step), as_json)


def _tell_published(done: PublishedCourse, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        state = "learners get" if done.changed else "unchanged: learners get"
        click.echo(f"course {done.course_id}: {state} revision {done.number}")


@course.command("retire")
@click.argument("course")
@click.option("--undo", is_flag=True, help="Take new learners again.")
@_note
@data_dir_option
@json_option
def retire_command(course: str, undo: bool, note: str, data_dir: Path | None, as_json: bool) -> None:
    """Take no new learners in COURSE; who has begun may finish."""

    async def step(uow: UnitOfWork, found: Standing) -> bool:
        return await catalog.retire_course(uow, catalog.machine_access(found.id), retired=not undo, note=note)

    changed = _do(data_dir, course, step)
    if as_json:
        print_json({"retired": not undo, "changed": changed})
    else:
        state = "takes new learners" if undo else "takes no new learners"
        click.echo(f"{course} {state}{'' if changed else ', as before'}")


@course.command("diff")
@click.argument("course")
@click.option("--from", "before", default="published", show_default=True, help="published, draft or a number.")
@click.option("--to", "after", default="draft", show_default=True, help="published, draft or a number.")
@data_dir_option
@json_option
def diff_command(course: str, before: str, after: str, data_dir: Path | None, as_json: bool) -> None:
    """What is other in one state of COURSE than in another."""

    async def step(uow: UnitOfWork, found: Standing) -> list[Change]:
        return await catalog.changes_between(uow, found.id, before, after)

    found = _do(data_dir, course, step)
    if as_json:
        print_json(found)
        return
    for change in found:
        click.echo(_change(change))
    if not found:
        click.echo("no difference")


_SIGNS = {"added": "+", "removed": "-", "moved": ">", "changed": "~"}


def _change(change: Change) -> str:
    below = f" with {change.below} below it" if change.below else ""
    where = f"  in {' / '.join(change.path)}" if change.path else ""
    lines = [f"{_SIGNS[change.what]} {change.kind} `{change.title}`{below}{where}"]
    lines += ["    asks for something else now"] * change.other_question
    lines += [f"    {each.field}: {each.before} -> {each.after}" for each in change.fields]
    return "\n".join(lines)


def _do(data_dir: Path | None, course: str, step: Callable[[UnitOfWork, Standing], Awaitable[T]]) -> T:
    async def work(infra: Infra) -> T:
        async with infra.db.begin() as uow:
            return await step(uow, await catalog.course_named(uow, course))

    return run(data_dir, work)
