"""From a fact to those whose screens it moves. Invariant: pure; every live fact of the domains has its line here."""

from uuid import UUID

import msgspec

from domains.gamification.events import LeagueEntered, LessonRewarded
from domains.identity.events import SessionsRevoked
from domains.kernel.events import Event
from domains.learning.events import AnswerGraded
from domains.notifications.events import NotificationCreated as NotificationRecorded
from realtime.wire import LessonCompleted, NotificationCreated, ProgressChanged, StreamFrame


class ToLearner(msgspec.Struct, frozen=True):
    """A numbered frame on somebody's own stream."""

    user_id: UUID
    frame: StreamFrame


class LeagueMoved(msgspec.Struct, frozen=True):
    """Somebody's line on a board is new."""

    league_id: UUID
    user_id: UUID


class SessionsEnded(msgspec.Struct, frozen=True):
    """Sockets of these login sessions must go."""

    session_ids: list[UUID]


Message = ToLearner | LeagueMoved | SessionsEnded


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
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, progress),)
        case LessonRewarded():
            completed = LessonCompleted(
                lesson_id=fact.lesson_id,
                xp_earned=fact.xp_earned,
                xp_total=fact.xp_total,
                streak=fact.streak_days,
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
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, notification),)
        case SessionsRevoked():
            return (SessionsEnded(fact.session_ids),)
        case _:
            return ()
