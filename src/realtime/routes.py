"""From a fact to those whose screens it moves. Invariant: pure; every live fact of the domains has its line here."""

from domains.gamification.events import LeagueEntered, LessonRewarded
from domains.identity.events import SessionsRevoked
from domains.kernel.events import Event
from domains.learning.events import AnswerGraded
from domains.notifications.events import NotificationCreated as NotificationRecorded
from domains.notifications.events import NotificationsRead
from realtime.messages import LeagueMoved, Message, SessionsEnded, ToLearner
from realtime.wire import LessonCompleted, NotificationCreated, NotificationRead, ProgressChanged


def route(fact: Event) -> tuple[Message, ...]:
    match fact:
        case AnswerGraded():
            progress = ProgressChanged(
                session_id=fact.session_id,
                lesson_id=fact.lesson_id,
                answered=fact.answered,
                total=fact.total,
                correct=fact.correct,
                hearts=fact.hearts,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, progress),)
        case LessonRewarded():
            completed = LessonCompleted(
                lesson_id=fact.lesson_id,
                session_id=fact.session_id,
                xp_earned=fact.xp_earned,
                xp_total=fact.xp_total,
                streak=fact.streak_days,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return ToLearner(fact.user_id, completed), LeagueMoved(fact.league_id, fact.user_id)
        case LeagueEntered():
            return (LeagueMoved(fact.league_id, fact.user_id),)
        case NotificationRecorded():
            notification = NotificationCreated(
                id=fact.notification_id,
                kind=fact.kind,
                title=fact.title,
                body=fact.body,
                url=fact.url,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, notification),)
        case NotificationsRead():
            read = NotificationRead(
                id=fact.notification_id,
                all=fact.every,
                archived=fact.archived,
                unread=fact.unread,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, read),)
        case SessionsRevoked():
            return (SessionsEnded(fact.session_ids),)
        case _:
            return ()
