"""Those who work on a course together: their remarks, their roles, and how somebody comes and goes.

Invariant: a course never has two owners, and an owner goes only after giving the course to somebody else. Whoever
invites learns nothing about who has an account: the same is answered and shown whether or not there is such a person.
"""

from uuid import UUID

from domains.catalog.errors import (
    CollaboratorUnknown,
    CommentNotFound,
    InvitationNotFound,
    NodeGone,
    NotYourCourse,
    TooManyCollaborators,
    WrongState,
)
from domains.catalog.events import CourseWorkMoved
from domains.catalog.repository import publishing
from domains.catalog.repository import review as repository
from domains.catalog.repository.review import AskedOf, Comment, Invitation, Member
from domains.catalog.service import drafts
from domains.catalog.service.authors import Access, CourseRole
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.profiles import api as profiles

MOST_PEOPLE = 50
"""Who works on a course and who was asked to, together."""


async def remark(uow: UnitOfWork, found: Access, user_id: UUID, node_id: UUID | None, body: str) -> Comment:
    """Of anybody who works on the course, on a node or on all of it. Raises NodeGone."""
    if node_id is not None and not await repository.has_node(uow.session, found.course_id, node_id):
        raise NodeGone
    comment_id = await repository.add_comment(uow.session, found.course_id, node_id, user_id, body)
    uow.record(CourseWorkMoved(course_id=found.course_id, action="commented", by_id=user_id))
    return await _comment(uow, found.course_id, comment_id)


async def resolve(uow: UnitOfWork, found: Access, comment_id: UUID, *, resolved: bool) -> Comment:
    """Raises CommentNotFound."""
    at, by_id = (utc_now(), found.user_id) if resolved else (None, None)
    await repository.resolve(uow.session, found.course_id, comment_id, at, by_id)
    return await _comment(uow, found.course_id, comment_id)


async def drop_remark(uow: UnitOfWork, found: Access, comment_id: UUID) -> None:
    """By its author or the owner of the course. Raises CommentNotFound and NotYourCourse."""
    comment = await _comment(uow, found.course_id, comment_id)
    if comment.author_id != found.user_id and not found.owns:
        raise NotYourCourse("this is somebody else's remark")
    await repository.drop_comment(uow.session, found.course_id, comment_id)


async def _comment(uow: UnitOfWork, course_id: UUID, comment_id: UUID) -> Comment:
    found = await repository.comment(uow.session, course_id, comment_id)
    if found is None:
        raise CommentNotFound
    return found


async def invite(uow: UnitOfWork, found: Access, who: str, role: CourseRole) -> Invitation:
    """`who`: an address or a handle. Raises NotYourCourse, CollaboratorUnknown for what is neither by its form, and
    TooManyCollaborators."""
    if not found.owns:
        raise NotYourCourse("the owner invites")
    asked = who.strip().lower()
    if not asked.strip("@") or any(letter.isspace() for letter in asked):
        raise CollaboratorUnknown("an address, or a handle as in @ada", field="who")
    await drafts.held(uow, found.course_id)
    there = await repository.members(uow.session, found.course_id)
    waiting = await repository.invitations(uow.session, found.course_id)
    if len(there) + len(waiting) >= MOST_PEOPLE and asked not in {each.asked for each in waiting}:
        raise TooManyCollaborators(f"at most {MOST_PEOPLE} people work on one course")
    is_address = "@" in asked[1:]
    find = identity.id_of_email(uow, asked) if is_address else profiles.id_of_handle(uow, asked.removeprefix("@"))
    user_id = await find
    if user_id in {each.user_id for each in there}:
        user_id = None
    made = await repository.invite(uow.session, found.course_id, asked, user_id, role, found.user_id)
    if user_id is not None:
        uow.record(CourseWorkMoved(course_id=found.course_id, action="invited", by_id=found.user_id, to_id=user_id))
    return made


async def uninvite(uow: UnitOfWork, found: Access, invitation_id: UUID) -> None:
    """Raises NotYourCourse and InvitationNotFound."""
    if not found.owns:
        raise NotYourCourse("the owner invites")
    if not await repository.uninvite(uow.session, found.course_id, invitation_id):
        raise InvitationNotFound


async def answer(uow: UnitOfWork, user_id: UUID, invitation_id: UUID, *, accept: bool) -> UUID:
    """The course. Raises InvitationNotFound."""
    taken = await repository.take(uow.session, invitation_id, user_id)
    if taken is None:
        raise InvitationNotFound
    if accept:
        await repository.join(uow.session, taken[0], user_id, taken[1])
    return taken[0]


async def asked_of(uow: UnitOfWork, user_id: UUID) -> list[AskedOf]:
    return await repository.asked_of(uow.session, user_id)


async def change_role(uow: UnitOfWork, found: Access, user_id: UUID, role: CourseRole) -> list[Member]:
    """Who becomes the owner takes the course over; the one before edits from then on. Raises NotYourCourse,
    CollaboratorUnknown for who does not work on it, and WrongState for an owner who would leave it without one."""
    if not found.owns:
        raise NotYourCourse("the owner gives roles")
    await drafts.held(uow, found.course_id)
    there = {each.user_id: each.role for each in await repository.members(uow.session, found.course_id)}
    if user_id not in there:
        raise CollaboratorUnknown("this person does not work on the course")
    if there[user_id] == CourseRole.OWNER and role is not CourseRole.OWNER:
        raise WrongState("give the course to somebody else first")
    if there[user_id] != role:
        if role is CourseRole.OWNER:
            await repository.demote(uow.session, found.course_id)
        await repository.set_role(uow.session, found.course_id, user_id, role)
    return await repository.members(uow.session, found.course_id)


async def remove(uow: UnitOfWork, found: Access, user_id: UUID) -> None:
    """The owner removes others, and anybody else goes. Raises NotYourCourse, CollaboratorUnknown and WrongState."""
    if user_id != found.user_id and not found.owns:
        raise NotYourCourse("the owner removes others")
    await drafts.held(uow, found.course_id)
    there = {each.user_id: each.role for each in await repository.members(uow.session, found.course_id)}
    if user_id not in there:
        raise CollaboratorUnknown("this person does not work on the course")
    if not await repository.remove(uow.session, found.course_id, user_id):
        raise WrongState("give the course to somebody else first")


async def work_of(uow: UnitOfWork, fact: CourseWorkMoved) -> tuple[list[UUID], str]:
    """Whom a step of the work on a course concerns, and what authors call the course now: who reviews hears of what was
    submitted, who writes of what became of it, and all of them of remarks. Nobody, once the course is gone."""
    found = await publishing.standings(uow.session, fact.course_id)
    if not found:
        return [], ""
    if fact.to_id is not None:
        return [fact.to_id], found[0].title
    wanted = {"owner", "reviewer"} if fact.action == "submitted" else {"owner", "editor"}
    if fact.action == "commented":
        wanted = {"owner", "editor", "reviewer"}
    there = await repository.members(uow.session, fact.course_id)
    return [each.user_id for each in there if each.role in wanted and each.user_id != fact.by_id], found[0].title
