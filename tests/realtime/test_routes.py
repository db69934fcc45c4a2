"""Which facts move which screens."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from domains.gamification.events import LeagueEntered, LessonRewarded
from domains.identity.events import SessionsRevoked, UserCreated
from domains.kernel.events import Event
from domains.learning.events import AnswerGraded
from domains.notifications.events import NotificationCreated, NotificationsRead
from realtime.messages import LeagueMoved, SessionsEnded, ToLearner
from realtime.routes import route
from realtime.wire import encode

USER, OTHER, LEAGUE = uuid4(), uuid4(), uuid4()


def test_an_answer_moves_the_learners_own_stream() -> None:
    fact = AnswerGraded(
        user_id=USER,
        session_id=OTHER,
        course_id=OTHER,
        lesson_id=OTHER,
        answered=3,
        total=9,
        correct=True,
        correct_so_far=2,
        hearts=5,
    )
    (message,) = route(fact)
    assert isinstance(message, ToLearner)
    assert message.user_id == USER
    assert message.frame.event == "progress.changed"
    assert '"answered":3,"total":9,"correct":true,"correct_so_far":2,"hearts":5' in encode(message.frame)


def test_a_reward_moves_the_stream_and_the_league() -> None:
    fact = LessonRewarded(
        user_id=USER,
        lesson_id=OTHER,
        session_id=None,
        xp_earned=10,
        xp_total=30,
        streak_days=2,
        league_id=LEAGUE,
        league_xp=30,
        league_entries=3,
        league_xp_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        league_week_on=date(2026, 11, 16),
        league_rank=1,
    )
    stream, league = route(fact)
    assert isinstance(stream, ToLearner)
    assert stream.frame.event == "lesson.completed"
    assert '"xp_earned":10,"xp_total":30,"streak":2' in encode(stream.frame)
    assert league == LeagueMoved(LEAGUE, USER)


def test_what_is_read_on_one_device_moves_the_own_stream() -> None:
    fact = NotificationsRead(user_id=USER, notification_id=OTHER, every=False, archived=True, unread=3)
    (message,) = route(fact)
    assert isinstance(message, ToLearner)
    assert (message.user_id, message.frame.event) == (USER, "notification.read")
    assert f'"id":"{OTHER}","all":false,"archived":true,"unread":3' in encode(message.frame)


def test_a_notification_moves_the_stream() -> None:
    fact = NotificationCreated(user_id=USER, notification_id=OTHER, kind="k", title="t", body="b", url="/x")
    (message,) = route(fact)
    assert isinstance(message, ToLearner)
    assert encode(message.frame).endswith(f'"id":"{OTHER}","kind":"k","title":"t","body":"b","url":"/x"}}')


@pytest.mark.parametrize(
    ("fact", "messages"),
    [
        (SessionsRevoked(user_id=USER, session_ids=[OTHER]), (SessionsEnded([OTHER]),)),
        (UserCreated(user_id=USER), ()),
    ],
)
def test_other_facts(fact: Event, messages: tuple[object, ...]) -> None:
    assert route(fact) == messages


def test_entering_a_league_moves_its_board() -> None:
    fact = LeagueEntered(user_id=USER, league_id=LEAGUE, tier=1, ends_on=date(2026, 11, 23))
    assert route(fact) == (LeagueMoved(LEAGUE, USER),)
