"""Drafts: where they come from, what they say, and how they keep up with what is published.

Invariant: whoever publishes holds the course's lock before the draft's row; whoever only edits holds the row alone.
Nothing that an author wrote or a report gained is lost at a publish: a draft that says other than the published
revision is replaced only by whoever asks for that.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domains.catalog import repository as courses
from domains.catalog.checks import checks, doubts, media_named
from domains.catalog.content import Course, Exercise, Problem
from domains.catalog.drafts import Branch, assembled, decoded, encoded, taken_apart
from domains.catalog.errors import CourseInvalid, CourseNotFound
from domains.catalog.events import DraftEdited
from domains.catalog.kinds import Content
from domains.catalog.repository import drafts as repository
from domains.catalog.repository import reading
from domains.catalog.repository.drafts import Draft, Whole
from domains.catalog.revisions import revision
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork
from domains.media import api as media

MOST_PROBLEMS = 500
MOST_NOTES = 100


class Document(NamedTuple):
    course: Course
    version: int


class Checked(NamedTuple):
    """What keeps this version of a draft from being published, with the node that it is about; and what does not, but
    should be looked at."""

    problems: list[tuple[Problem, UUID | None]]
    version: int
    notes: list[tuple[Problem, UUID | None]] = []  # noqa: RUF012

    def require_none(self) -> None:
        """Raises CourseInvalid."""
        if self.problems:
            raise CourseInvalid("; ".join(each.message for each, _ in self.problems[:20]))


async def opened(uow: UnitOfWork, course_id: UUID) -> Draft:
    """The draft; a course that never had one gets it out of what is published. Raises CourseNotFound."""
    return await repository.draft(uow.session, course_id) or await _begun(uow, course_id)


async def held(uow: UnitOfWork, course_id: UUID) -> Draft:
    """`opened`, and nobody else changes it until the commit. Raises CourseNotFound."""
    return await repository.hold(uow.session, course_id) or await _begun(uow, course_id)


async def document(uow: UnitOfWork, course_id: UUID) -> Document:
    """The draft as a course, of one moment; locks nothing. Raises CourseNotFound and CourseInvalid."""
    whole = await _whole(uow, course_id)
    return Document(await _course(whole), whole.version)


async def checked(uow: UnitOfWork, course_id: UUID) -> Checked:
    """Locks nothing, because it may take a while: whoever goes on with it compares the version under the lock. At most
    MOST_PROBLEMS. Raises CourseNotFound."""
    whole = await _whole(uow, course_id)
    try:
        course = await _course(whole)
    except CourseInvalid as error:
        return Checked([(Problem(error.detail), None)], whole.version)
    noted = await _with_ids(uow, course_id, await notes(uow, course))
    return Checked(await problems_of(uow, course_id, course), whole.version, noted)


async def _whole(uow: UnitOfWork, course_id: UUID) -> Whole:
    whole = await repository.stored(uow, course_id)
    if whole is None:
        await _begun(uow, course_id)
        whole = await repository.stored(uow, course_id)
    if whole is None:
        raise CourseNotFound
    return whole


async def _course(whole: Whole) -> Course:
    try:
        return await asyncio.to_thread(assembled, whole.body, whole.nodes)
    except (msgspec.MsgspecError, ValueError) as error:
        raise CourseInvalid(str(error)) from error


async def problems_of(uow: UnitOfWork, course_id: UUID, course: Course) -> list[tuple[Problem, UUID | None]]:
    """What keeps a draft that says this from being published."""
    return await _with_ids(uow, course_id, await obstacles(uow, course))


async def obstacles(
    source: UnitOfWork | Database, course: Course, brought: Collection[str] = frozenset()
) -> list[Problem]:
    """What keeps a course that says this from being published; `brought` are files that come with it. At most
    MOST_PROBLEMS."""
    named = media_named(course)
    found = await asyncio.to_thread(lambda: list(islice(checks(course), MOST_PROBLEMS)))
    for ref in sorted(named.keys() - await media.known(source, named) - set(brought)):
        kind, key = named[ref]
        found.append(Problem(f"the file {ref[:19]}… is not there, or not public", kind, key))
    return found[:MOST_PROBLEMS]


async def notes(source: UnitOfWork | Database, course: Course) -> list[Problem]:
    """What it names that nobody knows, which may be mistyped. At most MOST_NOTES."""
    found = list(islice(doubts(course), MOST_NOTES))
    if course.categories or course.prerequisites:
        unknown = await reading.unknown(source, course.categories, course.prerequisites)
        found += [Problem(f"there is no {what} `{slug}`", severity="note") for what, slug in unknown]
    return found[:MOST_NOTES]


async def _with_ids(uow: UnitOfWork, course_id: UUID, found: Sequence[Problem]) -> list[tuple[Problem, UUID | None]]:
    ids = await repository.known(uow.session, course_id, {(each.kind, each.key) for each in found})
    return [(each, ids.get((each.kind, each.key))) for each in found]


async def keep_media(uow: UnitOfWork, course_id: UUID) -> None:
    """Files that the draft names stay, whoever uploaded them. Those that it names no more are let go of at the next
    publish."""
    await media.hold(uow, f"draft:{course_id}", await repository.media(uow, course_id))


async def published(uow: UnitOfWork, course_id: UUID, version: int) -> None:
    """What the draft said in this version is the published revision now; what was deleted is gone."""
    await repository.clean(uow.session, course_id, version)
    await repository.purge(uow.session, course_id)
    await keep_media(uow, course_id)


async def made(uow: UnitOfWork, course_id: UUID, course: Course, by_id: UUID | None) -> None:
    """The first draft of a course that nobody has published. The course's nodes must exist."""
    body, branches = await _rows(uow, course_id, course, 1)
    now = utc_now()
    await repository.insert_draft(uow.session, course_id, body, version=1, clean_version=0, now=now, by_id=by_id)
    await repository.insert_nodes(uow.session, course_id, branches, now, by_id)
    await keep_media(uow, course_id)


async def replaced(uow: UnitOfWork, draft: Draft, course: Course, by_id: UUID | None, *, clean: bool) -> int:
    """Makes the draft say what `course` says, and returns its version. The course's nodes must exist. `clean`: whether
    that is what is published."""
    version = draft.version + 1
    body, branches = await _rows(uow, draft.course_id, course, version)
    now = utc_now()
    await repository.empty(uow.session, draft.course_id)
    await repository.change_draft(uow.session, draft.course_id, version, body=body, now=now, by_id=by_id)
    await repository.insert_nodes(uow.session, draft.course_id, branches, now, by_id)
    uow.record(DraftEdited(course_id=draft.course_id, version=version))
    if clean:
        await repository.clean(uow.session, draft.course_id, version)
    await keep_media(uow, draft.course_id)
    return version


async def accepted(uow: UnitOfWork, course_id: UUID, exercise_id: UUID, wider: Callable[[Content], Content]) -> None:
    """Does to an exercise of the draft what was just published; whoever calls holds the course's lock. A draft that
    said what was published before says it again."""
    draft = await repository.hold(uow.session, course_id)
    if draft is None:
        return
    version, now = draft.version + 1, utc_now()
    branch = (await repository.tree(uow, course_id)).get(exercise_id)
    body = (await repository.bodies(uow, [exercise_id])).get(exercise_id)
    if branch is not None and body is not None:
        exercise = decoded("exercise", body)
        if isinstance(exercise, Exercise) and (content := wider(exercise.content)) != exercise.content:
            branch.body, branch.version = encoded(replace(exercise, content=content)), version
            await repository.update_nodes(uow.session, course_id, [branch], now, None)
            await repository.change_draft(uow.session, course_id, version, body=None, now=now, by_id=None)
            uow.record(DraftEdited(course_id=course_id, version=version))
            await repository.follow(uow.session, course_id, draft.version, version)
            if not draft.in_progress:
                await repository.clean(uow.session, course_id, version)


async def _begun(uow: UnitOfWork, course_id: UUID) -> Draft:
    slug = await courses.slug_of(uow.session, course_id)
    if slug is None:
        raise CourseNotFound
    await courses.lock_course(uow.session, slug)
    # Whoever held the lock may have been the first.
    found = await repository.hold(uow.session, course_id)
    if found is not None:
        return found
    revision_id = await courses.published_of_course(uow.session, course_id)
    if revision_id is None:
        raise CourseNotFound
    course = (await revision(uow, revision_id)).course
    body, branches = await _rows(uow, course_id, course, 1)
    now = utc_now()
    await repository.insert_draft(uow.session, course_id, body, version=1, clean_version=1, now=now, by_id=None)
    await repository.insert_nodes(uow.session, course_id, branches, now, None)
    found = await repository.hold(uow.session, course_id)
    if found is None:
        raise CourseNotFound
    return found


async def _rows(uow: UnitOfWork, course_id: UUID, course: Course, version: int) -> tuple[bytes, list[Branch]]:
    body, parts = await asyncio.to_thread(taken_apart, course)
    ids = {(node.kind, node.key): node.id for node in await courses.nodes(uow.session, course_id)}
    branches: list[Branch] = []
    for part in parts:
        parent = None if part.parent is None else branches[part.parent].id
        node_id = ids[part.kind, part.key]
        branches.append(
            Branch(node_id, parent, part.kind, part.key, part.position, version, part.title, part.form, body=part.body)
        )
    return body, branches
