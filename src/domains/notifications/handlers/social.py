"""What is worth telling of friends, as long as it may be shown: between a fact and its job somebody may have blocked
the other, parted from them, or gone private."""

from uuid import UUID

from domains.catalog import api as catalog
from domains.gamification import api as gamification
from domains.gamification.events import FriendQuestInvited
from domains.identity import api as identity
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.service import plan
from domains.profiles import api as profiles
from domains.profiles.events import FriendRequested, FriendsMade, KudosGiven


async def tell_friend_request(uow: UnitOfWork, fact: FriendRequested) -> None:
    name = await _name(uow, fact.user_id, fact.from_id)
    if name is None:
        return
    await plan.notify(
        uow,
        fact.user_id,
        "friend_request",
        params={"from_name": name},
        url="/friends/requests",
        # Who withdraws and asks anew is heard once a day.
        cause=f"friend_request:{fact.from_id}:{fact.occurred_at.date().isoformat()}",
    )


async def tell_friend_accepted(uow: UnitOfWork, fact: FriendsMade) -> None:
    """Whoever asked; the other knows what they have just done."""
    if fact.asker_id is None:
        return
    [accepter_id] = set(fact.user_ids) - {fact.asker_id}
    if accepter_id not in await profiles.friends_of(uow.db, fact.asker_id):
        return
    name = await _name(uow, fact.asker_id, accepter_id)
    if name is None:
        return
    await plan.notify(
        uow,
        fact.asker_id,
        "friend_accepted",
        params={"from_name": name},
        url=f"/people/{accepter_id}",
        # Who parts and asks anew has waited for another answer.
        cause=f"friend_accepted:{fact.event_id}",
    )


async def tell_quest_invitation(uow: UnitOfWork, fact: FriendQuestInvited) -> None:
    name = await _name(uow, fact.to_id, fact.from_id)
    if name is None:
        return
    contact = await identity.contact(uow, fact.to_id)
    quest = gamification.quest_name(uow, fact.quest, contact.locale) if fact.quest and contact else fact.name
    await plan.notify(
        uow,
        fact.to_id,
        "quest_invitation",
        params={"from_name": name, "quest": quest, "days": fact.days},
        url="/quests",
        # As of a friend: once a day.
        cause=f"quest_invitation:{fact.from_id}:{fact.occurred_at.date().isoformat()}",
    )


async def tell_kudos(uow: UnitOfWork, fact: KudosGiven) -> None:
    name = await _name(uow, fact.user_id, fact.from_id)
    if name is None:
        return
    params = {"from_name": name}
    if what := await _title(uow, fact):
        params["what"] = what
    await plan.notify(
        uow, fact.user_id, "kudos", params=params, url="/feed", cause=f"kudos:{fact.activity_id}:{fact.from_id}"
    )


async def _name(uow: UnitOfWork, viewer: UUID, user_id: UUID) -> str | None:
    if user_id not in await profiles.visible(uow, viewer, [user_id]):
        return None
    return (await identity.names(uow, [user_id])).get(user_id)


async def _title(uow: UnitOfWork, fact: KudosGiven) -> str | None:
    """Of the lesson, or else of the course; None where it is no longer published."""
    if fact.course_id is None:
        return None
    course = (await catalog.published_courses(uow, [fact.course_id])).get(fact.course_id)
    if course is None or fact.lesson_id is None:
        return course.course.title if course else None
    lesson = course.lessons.get(fact.lesson_id)
    return lesson.title if lesson else None


SUBSCRIPTIONS = [
    Subscription("notifications.tell_friend_request", FriendRequested, tell_friend_request, "after"),
    Subscription("notifications.tell_friend_accepted", FriendsMade, tell_friend_accepted, "after"),
    Subscription("notifications.tell_quest_invitation", FriendQuestInvited, tell_quest_invitation, "after"),
    Subscription("notifications.tell_kudos", KudosGiven, tell_kudos, "after"),
]
