"""Every frame that the server sends over a socket. Invariant: nothing is sent that is not declared here;
`realtime.asyncapi` turns these types into the published document."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from domains.classrooms.api import ClassroomProgressOut
from domains.kernel.wire import Moment, Out
from domains.learning.api import SessionProgressOut

Reconnect = Literal["now", "fresh_token", "never"]

STREAM_READY = "stream.ready"
STREAM_CLOSED = "stream.closed"
PROGRESS_CHANGED = "progress.changed"
HEARTS_CHANGED = "hearts.changed"
LESSON_COMPLETED = "lesson.completed"
GEMS_CHANGED = "gems.changed"
GOAL_REACHED = "goal.reached"
ACHIEVEMENT_AWARDED = "achievement.awarded"
NOTIFICATION_CREATED = "notification.created"
NOTIFICATION_READ = "notification.read"
IMPORT_PROGRESS = "import.progress"
LEAGUE_SNAPSHOT = "league.snapshot"
LEAGUE_CHANGED = "league.changed"
CLASSROOM_SNAPSHOT = "classroom.snapshot"
CLASSROOM_PROGRESS = "classroom.progress"
SESSION_PROGRESS = "session.progress"
COURSE_CHANGED = "course.changed"
DRAFT_CHANGED = "draft.changed"
PRESENCE_CHANGED = "presence.changed"
ROOM_LEFT = "room.left"


class StreamClosed(Out, frozen=True):
    """The last frame of a socket that the server closes, where it can still be written. `number` is the websocket's
    close code too: up to 3499 a client should connect again, after `after_ms` and as `reconnect` says."""

    code: str
    number: int
    message: str
    reconnect: Reconnect
    after_ms: int


class StreamFrame(Out, frozen=True, kw_only=True):
    """Base of the frames on a learner's own stream. `seq` is put in front when the stream gives the number; `at` is
    when it happened, by the clock of the house."""

    event: ClassVar[str]

    at: Moment
    correlation_id: str = ""


class ProgressChanged(StreamFrame, frozen=True, kw_only=True):
    """Absolute: where the session is now. Of two answers given at once the later may be told first; the frame with the
    lower `answered` is then out of date."""

    event = PROGRESS_CHANGED

    session_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    """Null for a session of a course or a unit."""
    answered: int
    total: int
    correct: bool
    correct_so_far: int
    hearts: int | None = None


class HeartsChanged(StreamFrame, frozen=True, kw_only=True):
    """Absolute: hearts came back by practice, or because an answer was right after all. `next_at` is when time brings
    one more, null where none is missing."""

    event = HEARTS_CHANGED

    hearts: int
    next_at: Moment | None


class LessonCompleted(StreamFrame, frozen=True, kw_only=True):
    """`session_id` is null for a lesson without exercises. `xp_total` and `streak` are absolute."""

    event = LESSON_COMPLETED

    lesson_id: UUID
    session_id: UUID | None = None
    xp_earned: int
    xp_total: int
    streak: int


class GemsChanged(StreamFrame, frozen=True, kw_only=True):
    """`gems` is absolute, `amount` what came, below zero where gems were spent, and `reason` for what: quest, badge,
    streak, league, own, buy, … `version` grows with every change: a frame with a lower one than is known, from here or
    from `GET /gems`, is out of date."""

    event = GEMS_CHANGED

    gems: int
    version: int
    amount: int
    reason: str


class GoalReached(StreamFrame, frozen=True, kw_only=True):
    """The learner's day `local_on` has brought `xp`, which is what they had set as their goal or more; said once for
    each day."""

    event = GOAL_REACHED

    local_on: date
    goal_xp: int
    xp: int


class AchievementAwarded(StreamFrame, frozen=True, kw_only=True):
    """A level of an achievement was reached; levels are absolute. `local_on` is the learner's own date, `gems` what it
    paid. The list of achievements has the words."""

    event = ACHIEVEMENT_AWARDED

    achievement: str
    level: int
    gems: int
    awarded_at: Moment
    local_on: date | None


class NotificationCreated(StreamFrame, frozen=True, kw_only=True):
    event = NOTIFICATION_CREATED

    id: UUID
    kind: str
    title: str
    body: str
    url: str | None = None


class NotificationRead(StreamFrame, frozen=True, kw_only=True):
    """Read on one device. `all`: every one, or every one up to `id` if there is one. `archived`: put away as well.
    `unread` counts the whole inbox afterwards."""

    event = NOTIFICATION_READ

    id: UUID | None
    all: bool
    archived: bool
    unread: int


class ImportProgress(StreamFrame, frozen=True, kw_only=True):
    """A course of one's own is being read from a file: `done` of `total` steps are behind it, absolute, until `state`
    is `done` or `failed`. `course_id` is of the course it went into."""

    event = IMPORT_PROGRESS

    import_id: UUID
    state: str
    done: int
    total: int
    course_id: UUID | None = None


class MissedNotification(NotificationCreated, frozen=True, kw_only=True, tag_field="event", tag=NOTIFICATION_CREATED):
    """A notification whose frame was lost. It has no `seq`; a client that shows its `id` already passes over it."""


class MissedLesson(LessonCompleted, frozen=True, kw_only=True, tag_field="event", tag=LESSON_COMPLETED):
    """A completed lesson whose frame was lost. It has no `seq`; told from others by `session_id` and `lesson_id`."""


Missed = MissedNotification | MissedLesson


class StreamReady(Out, frozen=True, kw_only=True):
    """`seq` is the position behind which frames now follow, without a gap; `at` is the time of that position.

    `truncated`: frames were lost. `missed` then holds those of them that must not be lost, oldest first and as far as
    they are newer than the client's own `at` (a minute more, so some may be known), and `reload` the REST paths that
    tell the present state of everything else. An empty `epoch`: frames cannot be numbered now; another `stream.ready`
    follows when they can."""

    epoch: str
    seq: int
    at: Moment
    resumed: bool
    truncated: bool
    missed: list[Missed] = msgspec.field(default_factory=list)
    reload: list[str] = msgspec.field(default_factory=list)


class LeagueEntry(Out, frozen=True):
    """Who takes part unseen has an empty `name`, and a `user_id` of this league alone that leads to nobody."""

    rank: int
    user_id: UUID
    name: str
    xp: int
    zone: str


class LeagueFrame(Out, frozen=True):
    """Absolute values of the lines that moved."""

    league_id: UUID
    version: int
    entries: list[LeagueEntry]


class LeagueSnapshot(LeagueFrame, frozen=True, kw_only=True):
    """The whole board, in place of whatever was known of it. `you` is the `user_id` of one's own line; it becomes
    another when one's name is hidden or shown, and a snapshot says so."""

    you: UUID


class ClassroomSnapshot(ClassroomProgressOut, frozen=True):
    """The whole class. It replaces whatever was known of it, and progress goes on from here."""


class ClassroomProgress(SessionProgressOut, frozen=True, kw_only=True):
    """The session that a learner of the class is at now; `correct` counts the right answers."""

    classroom_id: UUID
    user_id: UUID


class SessionProgress(SessionProgressOut, frozen=True, kw_only=True):
    """Once after `session.watch`, then per answer and at the end; `correct` counts the right answers."""

    user_id: UUID


class CourseChanged(Out, frozen=True):
    """The published revision of a course: once after `course.watch`, then whenever it is another. `number` grows with
    every new revision; it is lower than before where authors have gone back to an old one."""

    course_id: UUID
    revision_id: UUID
    number: int


class DraftChanged(Out, frozen=True):
    """The draft of a course as its authors have it: once after `draft.watch`, then whenever somebody has changed it.
    `version` is that of the tree and only grows; where it has grown by more than one, more has changed than is said."""

    course_id: UUID
    version: int
    node_id: UUID | None
    """Null where the change was about the course itself, its order, or several nodes."""
    by_id: UUID | None


class PresenceChanged(Out, frozen=True):
    """How many people are in a room, over all processes; in a class: how many members are online, and for its teachers
    `ids`, who they are."""

    room: str
    online: int
    ids: list[UUID] | msgspec.UnsetType = msgspec.UNSET


class RoomLeft(Out, frozen=True):
    """The server took the socket out of a room: `realtime.right_lost`, what allowed to be there is over."""

    room: str
    code: str


_encode = msgspec.json.Encoder().encode


def encode(frame: msgspec.Struct) -> str:
    """The JSON object of a frame, as text that can be put into any number of packets."""
    return _encode(frame).decode()


def told(you: UUID, body: str) -> str:
    """The body of a LeagueFrame as a LeagueSnapshot, so that it is encoded once for all who watch."""
    return f'{{"you":"{you}",{body[1:]}'


def numbered(seq: int, body: str) -> str:
    """`body` with `seq` as its first member."""
    return f'{{"seq":{seq}}}' if body == "{}" else f'{{"seq":{seq},{body[1:]}'
