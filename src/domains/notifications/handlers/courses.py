"""What is worth telling those who work on a course."""

from domains.catalog import api as catalog
from domains.catalog.events import CourseWorkMoved
from domains.identity import api as identity
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.policy.kinds import IN_APP
from domains.notifications.service import plan


async def tell_course_work(uow: UnitOfWork, fact: CourseWorkMoved) -> None:
    concerned, title = await catalog.course_work(uow, fact)
    names = await identity.names(uow, [fact.by_id]) if fact.by_id else {}
    params = {"case": fact.action, "course": title}
    if fact.by_id is not None and fact.by_id in names:
        params["by_name"] = names[fact.by_id]
    remark = fact.action == "commented"
    # Remarks come in numbers: the first of somebody's day is told.
    cause = f"{fact.course_id}:{fact.by_id}:{fact.occurred_at.date().isoformat()}" if remark else str(fact.event_id)
    for user_id in concerned:
        await plan.notify(
            uow,
            user_id,
            "course_work",
            params=params,
            url="/author" if fact.action == "invited" else f"/author/{fact.course_id}",
            cause=f"course_work:{cause}",
            channels=[IN_APP] if remark else None,
        )


SUBSCRIPTIONS = [Subscription("notifications.tell_course_work", CourseWorkMoved, tell_course_work, "after")]
