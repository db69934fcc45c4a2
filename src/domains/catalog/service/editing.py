"""What authors do to a draft: one way for one change and for many at once.

Invariant: a list of operations is done as a whole or not at all, and whoever changes what they have not seen as it is
now is told so instead.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from domains.catalog.content import SLUG, Course, Exercise, Lesson, Section, Unit, has_nul
from domains.catalog.drafts import (
    Branch,
    Node,
    Tree,
    decoded,
    decoded_course,
    encoded,
    form_of,
    new_key,
    shown,
)
from domains.catalog.errors import (
    NodeInvalid,
    NotThere,
    NotYourCourse,
    PublishedStays,
    SlugTaken,
    TooManyCourses,
    VersionNeeded,
    VersionStale,
)
from domains.catalog.events import DraftEdited
from domains.catalog.repository import authors
from domains.catalog.repository import drafts as repository
from domains.catalog.repository.drafts import Draft
from domains.catalog.schemas.authoring import (
    CourseFields,
    CoursePatch,
    Create,
    Delete,
    Duplicate,
    ExerciseFields,
    LessonFields,
    Move,
    NewCourse,
    NodeFields,
    Operation,
    Patch,
    Reorder,
    Replace,
    Restore,
    SectionFields,
)
from domains.catalog.service import drafts
from domains.catalog.service.authors import Access, CourseRole
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.media import api as media

MOST_OWNED = 500


class Edited(NamedTuple):
    """`results`: id and version of the node of each operation; no id after a change of order."""

    version: int
    results: list[tuple[UUID | None, int]]


class Seen(NamedTuple):
    """What a client says it has seen, out of If-Match: versions, or `*` for whatever there is."""

    versions: frozenset[int]
    anything: bool = False


def seen(if_match: str | None) -> Seen:
    """Raises VersionNeeded without the header, VersionStale for what was never one of our ETags."""
    if if_match is None or not if_match.strip():
        raise VersionNeeded
    tags = [tag.strip() for tag in if_match.split(",")]
    if "*" in tags:
        return Seen(frozenset(), anything=True)
    found = [re.fullmatch(r'"(\d{1,9})"', tag) for tag in tags]
    return Seen(frozenset(int(each[1]) for each in found if each))


def etag(version: int) -> str:
    return f'"{version}"'


def require_seen(given: Seen, version: int) -> None:
    if not given.anything and version not in given.versions:
        raise VersionStale(etag=etag(version))


async def create_course(uow: UnitOfWork, user_id: UUID, new: NewCourse) -> UUID:
    """A course with an empty draft, of its maker. Raises SlugTaken, NodeInvalid and TooManyCourses."""
    if await authors.count_owned(uow.session, user_id) >= MOST_OWNED:
        raise TooManyCourses(f"one person owns at most {MOST_OWNED} courses")
    if new.slug is not None and not SLUG.fullmatch(new.slug):
        raise NodeInvalid("lower-case Latin letters, digits and single hyphens", field="slug")
    fields = {name: getattr(new, name) for name in CourseFields.__struct_fields__}
    course = Course(slug=new.slug or _slug(new.title), sections=(), **fields)
    body = encoded(course)
    _refuse_nul(body)
    course_id = new_id()
    if not await repository.insert_course(uow.session, course_id, course):
        raise SlugTaken(field="slug")
    now = utc_now()
    await repository.insert_draft(uow.session, course_id, body, version=1, clean_version=0, now=now, by_id=user_id)
    await authors.add(uow.session, course_id, user_id, CourseRole.OWNER)
    if _names_media(body):
        await drafts.keep_media(uow, course_id)
    return course_id


async def delete_course(uow: UnitOfWork, access: Access) -> None:
    """Of a course that nobody can have begun. Raises NotYourCourse and PublishedStays."""
    if not access.owns:
        raise NotYourCourse("the owner deletes a course")
    await drafts.held(uow, access.course_id)
    if not await repository.delete_unpublished(uow.session, access.course_id):
        raise PublishedStays
    await media.hold(uow, f"draft:{access.course_id}", ())


async def patch_course(uow: UnitOfWork, access: Access, given: Seen, patch: CoursePatch) -> Draft:
    """Changes what the course says of itself. Raises VersionStale and NodeInvalid."""
    draft = await drafts.held(uow, access.course_id)
    require_seen(given, draft.course_version)
    body = encoded(replace(decoded_course(draft.body), **_given(patch)))
    _refuse_nul(body)
    if body != draft.body:
        await repository.change_draft(
            uow.session, access.course_id, draft.version + 1, body=body, now=utc_now(), by_id=access.user_id
        )
        uow.record(DraftEdited(course_id=access.course_id, version=draft.version + 1))
        if _names_media(body):
            await drafts.keep_media(uow, access.course_id)
    return await drafts.opened(uow, access.course_id)


async def edit(
    uow: UnitOfWork,
    access: Access,
    operations: Sequence[Operation],
    *,
    tree: Seen | None = None,
    node: Seen | None = None,
    numbered: bool = False,
) -> Edited:
    """Does `operations` in their order. `tree`: what was seen of the draft; `node`: what was seen of the node that the
    first operation is about. `numbered`: errors say which operation it was.

    Raises VersionStale, NodeGone, NotThere, KeyTaken and NodeInvalid.
    """
    draft = await drafts.held(uow, access.course_id)
    if tree is not None:
        require_seen(tree, draft.version)
    work = _Work(Tree(await repository.tree(uow, access.course_id)))
    if node is not None and not isinstance(operations[0], Create | Reorder):
        require_seen(node, work.tree.node(operations[0].id).version)
    await _provide(uow, access.course_id, work, operations)
    results = []
    for place, operation in enumerate(operations):
        try:
            results.append(work.do(operation))
        except AppError as error:
            if numbered:
                error.extra["operation"] = place
                error.detail = f"operations[{place}]: {error.detail or error.title}"
            raise
    version = draft.version + 1 if work.tree.touched else draft.version
    await _store(uow, access, work.tree, version)
    branches = work.tree.branches
    return Edited(version, [(each, version if each is None else branches[each].version) for each in results])


async def _provide(uow: UnitOfWork, course_id: UUID, work: "_Work", operations: Sequence[Operation]) -> None:
    """Gets what operations need to know besides the tree: bodies, and ids of nodes that the course once had."""
    wanted: set[UUID] = set()
    if len(operations) > 1 and any(isinstance(each, Duplicate) for each in operations):
        # Anything may have come under it by then.
        wanted.update(work.tree.branches)
    for each in operations:
        if isinstance(each, Patch):
            wanted.add(each.id)
        elif isinstance(each, Duplicate) and each.id in work.tree.branches:
            wanted.update(branch.id for branch in work.tree.under(each.id))
    for node_id, body in (await repository.bodies(uow, wanted)).items() if wanted else ():
        if node_id in work.tree.branches:
            work.tree.branches[node_id].body = body
    keys = {(kind_of(each.node), each.key) for each in operations if isinstance(each, Create) and each.key}
    if keys:
        work.known = await repository.known(uow.session, course_id, keys)


async def _store(uow: UnitOfWork, access: Access, tree: Tree, version: int) -> None:
    if not tree.touched:
        return
    for node_id in tree.changed:
        tree.branches[node_id].version = version
    now = utc_now()
    made = [tree.branches[node_id] for node_id in tree.made]
    if made:
        await repository.insert_nodes(uow.session, access.course_id, made, now, access.user_id)
    rest = [tree.branches[node_id] for node_id in tree.touched if node_id not in tree.made]
    if rest:
        await repository.update_nodes(uow.session, access.course_id, rest, now, access.user_id)
    await repository.change_draft(uow.session, access.course_id, version, body=None, now=now, by_id=access.user_id)
    uow.record(DraftEdited(course_id=access.course_id, version=version))
    if any(_names_media(tree.branches[node_id].body) for node_id in tree.changed):
        await drafts.keep_media(uow, access.course_id)


class _Work:
    """A tree while operations are done to it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.known: Mapping[tuple[str, str], UUID] = {}
        """Ids of nodes that the course once had, by (kind, key)."""
        self._refs: dict[str, UUID] = {}

    def do(self, operation: Operation) -> UUID | None:
        """The node that it was about."""
        match operation:
            case Create():
                return self._create(operation)
            case Replace(id=node_id, node=fields):
                self._write(node_id, node_of(fields, self._of_kind(node_id, kind_of(fields)).key))
            case Patch(id=node_id, node=patch):
                branch = self._of_kind(node_id, kind_of(patch))
                self._write(node_id, replace(decoded(branch.kind, branch.body or b""), **_given(patch)))
            case Move(id=node_id):
                self.tree.move(node_id, self._parent(operation), operation.position)
            case Delete(id=node_id):
                self.tree.delete(node_id)
            case Restore(id=node_id):
                self.tree.restore(node_id)
            case Duplicate():
                return self._duplicate(operation)
            case Reorder(parent_id=parent_id, order=order):
                self.tree.reorder(parent_id, order)
                return None
        return operation.id

    def _create(self, new: Create) -> UUID:
        kind = kind_of(new.node)
        node = node_of(new.node, new.key or "")
        if not new.key:
            node = replace(node, key=new_key(kind, node))
        node_id = self.known.get((kind, node.key)) or new_id()
        self.tree.insert(_branch(node_id, self._parent(new), kind, node), new.position)
        if new.ref is not None:
            if new.ref in self._refs:
                raise NotThere("two nodes have this ref", field="ref")
            self._refs[new.ref] = node_id
        return node_id

    def _write(self, node_id: UUID, node: Node) -> None:
        _refuse_nul(encoded(node))
        self.tree.write(node_id, node)

    def _duplicate(self, wish: Duplicate) -> UUID:
        original = self.tree.node(wish.id)
        beside = wish.parent_id is None
        parent_id = original.parent_id if beside else wish.parent_id
        position = original.position + 1 if beside and wish.position is None else wish.position
        copies: dict[UUID | None, UUID] = {}
        for each in list(self.tree.under(wish.id)):
            node = decoded(each.kind, each.body or b"")
            node = replace(node, key=new_key(each.kind, node))
            above = parent_id if each.id == wish.id else copies[each.parent_id]
            copies[each.id] = new_id()
            self.tree.insert(_branch(copies[each.id], above, each.kind, node), position if each.id == wish.id else None)
        return copies[wish.id]

    def _parent(self, operation: Create | Move) -> UUID | None:
        if operation.parent_ref is None:
            return operation.parent_id
        if operation.parent_id is not None or operation.parent_ref not in self._refs:
            raise NotThere("no operation before this one has made a node with this ref", field="parent_ref")
        return self._refs[operation.parent_ref]

    def _of_kind(self, node_id: UUID, kind: str) -> Branch:
        found = self.tree.node(node_id)
        if found.kind != kind:
            raise NodeInvalid(f"this node is a {found.kind}", field="node.kind")
        return found


def kind_of(fields: msgspec.Struct) -> str:
    return str(fields.__struct_config__.tag)


def node_of(fields: NodeFields, key: str) -> Node:
    """The node with this key and without children."""
    given = {name: getattr(fields, name) for name in fields.__struct_fields__}
    match fields:
        case SectionFields():
            return Section(key=key, units=(), **given)
        case LessonFields():
            return Lesson(key=key, **given)
        case ExerciseFields():
            return Exercise(key=key, **given)
    return Unit(key=key, lessons=(), **given)


def _branch(node_id: UUID, parent_id: UUID | None, kind: str, node: Node) -> Branch:
    body = encoded(node)
    _refuse_nul(body)
    return Branch(node_id, parent_id, kind, node.key, 0, 0, shown(node), form_of(node), body=body)


def _given(patch: msgspec.Struct) -> dict[str, object]:
    fields = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not UNSET}


def _names_media(body: bytes | None) -> bool:
    return body is not None and b'"sha256:' in body


def _refuse_nul(body: bytes) -> None:
    if has_nul(body):
        raise NodeInvalid("texts must not contain a NUL character")


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    start = re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-") or "course"
    return f"{start}-{secrets.token_hex(3)}"
