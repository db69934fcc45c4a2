"""Commands on classes, and the live view of one.

Invariant: whoever changes a class or its members holds the class's row, so that a class never has one member too many,
and a code that was just renewed lets nobody in.
"""

import math
from uuid import UUID

from domains.catalog import api as catalog
from domains.classrooms import repository
from domains.classrooms.errors import (
    ClassroomClosed,
    ClassroomFull,
    ClassroomNotFound,
    CodeRefused,
    MemberNotFound,
    NotATeacher,
    NotYourPart,
    TeacherStays,
    TooManyClassrooms,
    TooManyWrongCodes,
)
from domains.classrooms.events import ClassroomArchived, ClassroomReopened, MemberJoined, MemberLeft, RoleChanged
from domains.classrooms.policy import (
    CODE_LETTERS,
    MOST_CLASSES,
    MOST_MEMBERS,
    TEACHING,
    WRONG_CODE_DELAYS_S,
    WRONG_CODE_QUIET_S,
    ClassRole,
    may_remove,
)
from domains.classrooms.repository import LockedClassroom
from domains.classrooms.schemas import ClassroomProgressOut, LearnerProgressOut
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.codes import new_code, normal
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import api as learning


async def create_classroom(uow: UnitOfWork, user_id: UUID, name: str, course_id: UUID | None) -> UUID:
    """A class of its maker, who must be allowed to teach. Raises BadField, CourseNotFound and TooManyClassrooms."""
    name = identity.checked_name(name)
    if course_id is not None:
        await catalog.published_course(uow, course_id)
    await _with_room(uow, user_id)
    classroom_id, now = new_id(), utc_now()
    await repository.add_classroom(
        uow.session, classroom_id, name=name, course_id=course_id, code=new_code(CODE_LETTERS), now=now
    )
    await repository.add_member(uow.session, classroom_id, user_id, ClassRole.TEACHER, now)
    uow.record(MemberJoined(classroom_id=classroom_id, user_id=user_id, role=ClassRole.TEACHER))
    return classroom_id


async def join_by_code(db: Database, user_id: UUID, code: str) -> UUID:
    """The class that the code opens; joining again changes nothing. Raises CodeRefused, TooManyWrongCodes,
    ClassroomFull and TooManyClassrooms.

    A try is counted before anything is told about it, and taken back when it was no guess.
    """
    now, subject = utc_now(), f"classroom_code:{user_id}"
    allowed_at = await identity.count_try(
        db, subject, delays_s=WRONG_CODE_DELAYS_S, quiet_s=WRONG_CODE_QUIET_S, now=now
    )
    if allowed_at is not None:
        # Also for a right code: the difference would tell that it is one.
        raise TooManyWrongCodes(retry_after_s=max(1, math.ceil((allowed_at - now).total_seconds())))
    try:
        async with db.begin() as uow:
            classroom_id = await _join(uow, user_id, normal(code))
            await identity.return_try(uow, subject, counted_at=now)
    except (ClassroomFull, TooManyClassrooms):
        async with db.begin() as uow:
            await identity.return_try(uow, subject, counted_at=now)
        raise
    return classroom_id


async def _join(uow: UnitOfWork, user_id: UUID, code: str) -> UUID:
    classroom_id = await repository.lock_by_code(uow.session, code)
    if classroom_id is None:
        raise CodeRefused
    known = await repository.member(uow.session, classroom_id, user_id)
    if known is not None and known.removed_at is not None:
        # Who was removed comes back through a teacher, not by a code that is still known.
        raise CodeRefused
    if known is None:
        await _with_room(uow, user_id)
        if await repository.count_members(uow.session, classroom_id) >= MOST_MEMBERS:
            raise ClassroomFull
        await repository.add_member(uow.session, classroom_id, user_id, ClassRole.LEARNER, utc_now())
        uow.record(MemberJoined(classroom_id=classroom_id, user_id=user_id, role=ClassRole.LEARNER))
    return classroom_id


async def change_classroom(
    uow: UnitOfWork, user_id: UUID, classroom_id: UUID, *, name: str | None = None, archived: bool | None = None
) -> None:
    """A new name, by any teacher of the class; into the archive or out of it, by its teacher. Either way of the latter
    its code is gone. Raises ClassroomNotFound, NotYourPart, ClassroomClosed and BadField."""
    found = await _taught(uow, user_id, classroom_id, only_open=archived is None)
    if archived is not None:
        if found.role is not ClassRole.TEACHER:
            raise NotYourPart("only its teacher archives a class")
        if not archived and not await _may_teach(uow, user_id, classroom_id):
            raise NotYourPart("it takes the role of a teacher to teach a class again")
        await _archive(uow, found, archived=archived)
    if name is not None:
        await repository.rename(uow.session, classroom_id, identity.checked_name(name))


async def _archive(uow: UnitOfWork, found: LockedClassroom, *, archived: bool) -> None:
    if archived == (found.archived_at is not None):
        return
    await repository.set_archived(uow.session, found.id, utc_now() if archived else None)
    fact = ClassroomArchived if archived else ClassroomReopened
    uow.record(fact(classroom_id=found.id))


async def set_code(uow: UnitOfWork, user_id: UUID, classroom_id: UUID, *, joinable: bool) -> None:
    """A new code, or none: the old one opens nothing from now on. Raises ClassroomNotFound, NotYourPart and
    ClassroomClosed."""
    await _taught(uow, user_id, classroom_id)
    await repository.set_code(uow.session, classroom_id, new_code(CODE_LETTERS) if joinable else None)


async def leave(uow: UnitOfWork, user_id: UUID, classroom_id: UUID) -> None:
    """Quiet where there is nothing to leave. Raises TeacherStays."""
    found = await repository.lock(uow.session, classroom_id, user_id)
    if found is not None and found.role is ClassRole.TEACHER:
        raise TeacherStays
    if await repository.leave(uow.session, classroom_id, user_id):
        uow.record(MemberLeft(classroom_id=classroom_id, user_id=user_id, removed=False))


async def remove(uow: UnitOfWork, user_id: UUID, classroom_id: UUID, member_id: UUID) -> None:
    """Takes a member out, who cannot come back by the code; quiet where they are out already.

    Raises ClassroomNotFound, NotYourPart and TeacherStays.
    """
    found = await _taught(uow, user_id, classroom_id, only_open=False)
    member = await repository.member(uow.session, classroom_id, member_id)
    if member is None or member.removed_at is not None:
        return
    if member.role is ClassRole.TEACHER:
        raise TeacherStays
    if not may_remove(found.role, member.role):
        raise NotYourPart("only its teacher removes a co-teacher")
    await repository.remove(uow.session, classroom_id, member_id, utc_now())
    uow.record(MemberLeft(classroom_id=classroom_id, user_id=member_id, removed=True))


async def forgive(uow: UnitOfWork, user_id: UUID, classroom_id: UUID, member_id: UUID) -> None:
    """Lets somebody who was removed join again, by themself and with the code. Raises ClassroomNotFound and
    NotYourPart."""
    await _taught(uow, user_id, classroom_id, only_open=False)
    await repository.forgive(uow.session, classroom_id, member_id)


async def set_role(uow: UnitOfWork, user_id: UUID, classroom_id: UUID, member_id: UUID, role: ClassRole) -> None:
    """Makes a member who may teach a co-teacher, or a co-teacher a learner; by the class's teacher.

    Raises ClassroomNotFound, NotYourPart, ClassroomClosed, MemberNotFound, TeacherStays and NotATeacher.
    """
    found = await _taught(uow, user_id, classroom_id)
    if found.role is not ClassRole.TEACHER:
        raise NotYourPart("only its teacher chooses co-teachers")
    member = await repository.member(uow.session, classroom_id, member_id)
    if member is None or member.removed_at is not None:
        raise MemberNotFound
    if member.role is ClassRole.TEACHER:
        raise TeacherStays
    if member.role is role:
        return
    if role is ClassRole.CO_TEACHER and not await _may_teach(uow, member_id, classroom_id):
        raise NotATeacher
    await repository.set_role(uow.session, classroom_id, member_id, role)
    uow.record(RoleChanged(classroom_id=classroom_id, user_id=member_id, role=role))


async def progress(db: Database, classroom_id: UUID) -> ClassroomProgressOut:
    """What a teacher sees of the class now: nobody where it is archived. Whoever asks has made sure that they may."""
    found = await repository.learners(db, classroom_id)
    names = await identity.names(db, found.user_ids)
    current = await learning.current_sessions(db, found.user_ids, found.course_id)
    learners = [
        LearnerProgressOut(
            id_, names.get(id_, ""), learning.SessionProgressOut(*current[id_]) if id_ in current else None
        )
        for id_ in found.user_ids
    ]
    return ClassroomProgressOut(classroom_id, found.course_id, learners)


async def follow_roles(uow: UnitOfWork, user_id: UUID) -> None:
    """Takes from somebody what they may no longer do: who may teach a class no more becomes a learner there, and a
    class that was theirs is archived, until they may again."""
    for held in await repository.lock_taught(uow.session, user_id):
        if await _may_teach(uow, user_id, held.id):
            continue
        if held.role is ClassRole.TEACHER:
            await _archive(uow, held, archived=True)
        else:
            await repository.set_role(uow.session, held.id, user_id, ClassRole.LEARNER)
            uow.record(RoleChanged(classroom_id=held.id, user_id=user_id, role=ClassRole.LEARNER))


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """Makes somebody's places in classes another's. In a class that both are in, or that `into_id` was taken out of,
    nothing changes for them."""
    for place in await repository.move_member(uow.session, from_id, into_id):
        uow.record(MemberLeft(classroom_id=place.classroom_id, user_id=from_id, removed=False))
        if place.moved:
            uow.record(MemberJoined(classroom_id=place.classroom_id, user_id=into_id, role=place.role))


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    """Takes somebody out of every class; one that was theirs is archived, with nobody who could open it again."""
    for held in await repository.lock_taught(uow.session, user_id):
        if held.role is ClassRole.TEACHER and held.archived_at is None:
            await _archive(uow, held, archived=True)
    for place in await repository.drop_member(uow.session, user_id):
        uow.record(MemberLeft(classroom_id=place.classroom_id, user_id=user_id, removed=False))


async def _may_teach(uow: UnitOfWork, user_id: UUID, classroom_id: UUID) -> bool:
    scope = identity.Scope(identity.ScopeKind.CLASS, classroom_id)
    return await identity.may(uow, user_id, identity.Permission.CLASSES_TEACH, scope)


async def _taught(uow: UnitOfWork, user_id: UUID, classroom_id: UUID, *, only_open: bool = True) -> LockedClassroom:
    """The class, held until the end, for one of its teachers."""
    found = await repository.lock(uow.session, classroom_id, user_id)
    if found is None:
        raise ClassroomNotFound
    if found.role not in TEACHING:
        raise NotYourPart
    if only_open and found.archived_at is not None:
        raise ClassroomClosed
    return found


async def _with_room(uow: UnitOfWork, user_id: UUID) -> None:
    if await repository.count_classes(uow.session, user_id) >= MOST_CLASSES:
        raise TooManyClassrooms
