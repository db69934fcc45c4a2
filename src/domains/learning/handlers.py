"""What learning does about the facts of others."""

from domains.billing.events import CourseAccessGranted
from domains.catalog.api import CourseNotFound
from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.uow import Subscription, UnitOfWork
from domains.learning.events import AnswerAccepted, RegradeDue
from domains.learning.repository import rights
from domains.learning.service import merging, regrading, sessions


async def enrol_on_access(uow: UnitOfWork, fact: CourseAccessGranted) -> None:
    """Whoever got a course finds it among their own. Access that ended meanwhile is not asked about: an enrolment
    opens no session. A course that was retired meanwhile is theirs all the same: they have paid for it. Billing sells
    keys as text, also of courses that are not there (yet)."""
    try:
        await sessions.enrol(uow, fact.user_id, fact.course_id, even_retired=True)
    except CourseNotFound:
        return


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await merging.merge(uow, fact.from_id, fact.into_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await rights.erase(uow.session, fact.user_id)


SUBSCRIPTIONS = [
    Subscription("learning.forget_account", AccountErased, forget_account, "inside"),
    Subscription("learning.enrol_on_access", CourseAccessGranted, enrol_on_access, "after"),
    Subscription("learning.begin_regrade", AnswerAccepted, regrading.begin, "after"),
    Subscription("learning.go_on_regrading", RegradeDue, regrading.go_on, "after"),
    Subscription("learning.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
