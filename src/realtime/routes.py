"""From a fact to those whose screens it moves. Invariant: pure; every live fact of the domains has its line here."""

from uuid import UUID

from domains.catalog.events import CourseRevisionPublished, DraftEdited, ImportProgressed
from domains.classrooms.events import ClassroomArchived, ClassroomReopened, MemberJoined, MemberLeft, RoleChanged
from domains.gamification.events import AchievementAwarded as AchievementReached
from domains.gamification.events import GemsChanged as GemsMoved
from domains.gamification.events import GoalReached as GoalMet
from domains.gamification.events import LeagueEntered, LessonRewarded, StandingsMoved
from domains.identity.events import SessionsRevoked
from domains.kernel.events import Event
from domains.learning.api import SessionProgressOut
from domains.learning.events import AnswerGraded, PracticeCompleted, SessionBegun
from domains.learning.events import HeartsChanged as HeartsGivenBack
from domains.learning.events import LessonCompleted as LessonFinished
from domains.notifications.events import NotificationCreated as NotificationRecorded
from domains.notifications.events import NotificationsRead
from realtime.messages import LeagueMoved, LearnerDid, Message, RoomMoved, SessionsEnded, ToLearner
from realtime.rooms import CLASSROOM, COURSE, DRAFT, LEAGUE
from realtime.wire import (
    AchievementAwarded,
    GemsChanged,
    GoalReached,
    HeartsChanged,
    ImportProgress,
    LessonCompleted,
    NotificationCreated,
    NotificationRead,
    ProgressChanged,
)


def route(fact: Event) -> tuple[Message, ...]:
    match fact:
        case AnswerGraded():
            progress = ProgressChanged(
                session_id=fact.session_id,
                course_id=fact.course_id,
                lesson_id=fact.lesson_id,
                answered=fact.answered,
                total=fact.total,
                correct=fact.correct,
                correct_so_far=fact.correct_so_far,
                hearts=fact.hearts,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, progress),)
        case SessionBegun():
            begun = SessionProgressOut(
                session_id=fact.session_id,
                course_id=fact.course_id,
                lesson_id=fact.lesson_id,
                answered=0,
                total=fact.total,
                correct=0,
                finished=False,
                active_at=fact.occurred_at,
            )
            return (LearnerDid(fact.user_id, begun),)
        case LessonFinished() if fact.session_id is not None:
            finished = SessionProgressOut(
                session_id=fact.session_id,
                course_id=fact.course_id,
                lesson_id=fact.lesson_id,
                answered=fact.total,
                total=fact.total,
                correct=fact.correct,
                finished=True,
                active_at=fact.occurred_at,
            )
            return (LearnerDid(fact.user_id, finished),)
        case PracticeCompleted():
            practised = SessionProgressOut(
                session_id=fact.session_id,
                course_id=fact.course_id,
                lesson_id=None,
                answered=fact.total,
                total=fact.total,
                correct=fact.correct,
                finished=True,
                active_at=fact.occurred_at,
            )
            return (LearnerDid(fact.user_id, practised),)
        case CourseRevisionPublished():
            return (RoomMoved(f"{COURSE}{fact.course_id}"),)
        case ImportProgressed():
            imported = ImportProgress(
                import_id=fact.import_id,
                state=fact.state,
                done=fact.done,
                total=fact.total,
                course_id=fact.course_id,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.owner_id, imported),)
        case DraftEdited():
            return (RoomMoved(f"{DRAFT}{fact.course_id}"),)
        case MemberJoined() | MemberLeft() | RoleChanged() | ClassroomArchived() | ClassroomReopened():
            return (RoomMoved(f"{CLASSROOM}{fact.classroom_id}"),)
        case LessonRewarded(lesson_id=None):
            return _on_board(fact)
        case LessonRewarded(lesson_id=UUID() as lesson_id):
            completed = LessonCompleted(
                lesson_id=lesson_id,
                session_id=fact.session_id,
                xp_earned=fact.xp_earned,
                xp_total=fact.xp_total,
                streak=fact.streak_days,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return ToLearner(fact.user_id, completed), *_on_board(fact)
        case AchievementReached():
            awarded = AchievementAwarded(
                achievement=fact.achievement,
                level=fact.level,
                gems=fact.gems,
                awarded_at=fact.awarded_at,
                local_on=fact.local_on,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, awarded),)
        case GemsMoved():
            changed = GemsChanged(
                gems=fact.gems,
                version=fact.version,
                amount=fact.amount,
                reason=fact.reason,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, changed),)
        case GoalMet():
            goal = GoalReached(
                local_on=fact.local_on,
                goal_xp=fact.goal_xp,
                xp=fact.xp,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, goal),)
        case LeagueEntered():
            return (LeagueMoved(fact.league_id, fact.user_id),)
        case StandingsMoved():
            return tuple(RoomMoved(f"{LEAGUE}{league_id}") for league_id in fact.league_ids)
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
        case HeartsGivenBack():
            hearts = HeartsChanged(
                hearts=fact.hearts,
                next_at=fact.next_at,
                at=fact.occurred_at,
                correlation_id=fact.correlation_id,
            )
            return (ToLearner(fact.user_id, hearts),)
        case _:
            return ()


def _on_board(fact: LessonRewarded) -> tuple[Message, ...]:
    return (LeagueMoved(fact.league_id, fact.user_id),) if fact.league_id else ()
