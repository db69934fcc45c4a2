"""Every event of the socket: what it carries, what answers it, and how sure it is to arrive.

Invariant: the published document, the generated client and the tests' check of each frame all read these tables.
"""

from dataclasses import dataclass

import msgspec

from realtime import commands, wire

ANY_COMMAND = ("realtime.bad_payload", "realtime.timeout", "unavailable", "internal")
"""Refusals that every command may get."""

CONNECT_REFUSALS = (
    "unauthenticated",
    "identity.token_invalid",
    "identity.token_expired",
    "identity.ticket_invalid",
    "identity.session_ended",
    "realtime.bad_payload",
    "realtime.too_many_sockets",
    "realtime.closing",
    "unavailable",
)


@dataclass(frozen=True, slots=True)
class Command:
    """An event of a client."""

    payload: type[msgspec.Struct]
    summary: str
    refusals: tuple[str, ...] = ()
    """Codes of its own, beside those of ANY_COMMAND."""
    accepted: type[msgspec.Struct] = commands.Accepted


@dataclass(frozen=True, slots=True)
class Sent:
    """An event of the server. One whose payload is a StreamFrame is numbered, and recovered by its number."""

    payload: type[msgspec.Struct]
    summary: str
    durable_key: tuple[str, ...] = ()
    """For frames that come again in `missed` when their numbers are lost: what makes two of them the same."""


_ROOM = ("realtime.not_found", "realtime.too_many_rooms")

COMMANDS: dict[str, Command] = {
    commands.LEAGUE_WATCH: Command(
        commands.LeagueWatch,
        "Watch a league's board; a snapshot follows the acknowledgement.",
        _ROOM,
    ),
    commands.LEAGUE_UNWATCH: Command(commands.LeagueUnwatch, "Stop watching one league, or all."),
    commands.SESSION_WATCH: Command(
        commands.SessionWatch,
        "Watch a lesson session: one's own from another device, or somebody's who gave an invitation.",
        _ROOM,
    ),
    commands.SESSION_UNWATCH: Command(commands.SessionUnwatch, "Stop watching one session, or all."),
    commands.CLASSROOM_WATCH: Command(
        commands.ClassroomWatch, "Watch a class that one teaches; a snapshot follows the acknowledgement.", _ROOM
    ),
    commands.CLASSROOM_UNWATCH: Command(commands.ClassroomUnwatch, "Stop watching one class, or all."),
    commands.COURSE_WATCH: Command(commands.CourseWatch, "Watch a course that one learns.", _ROOM),
    commands.COURSE_UNWATCH: Command(commands.CourseUnwatch, "Stop watching one course, or all."),
    commands.DRAFT_WATCH: Command(commands.DraftWatch, "Watch the draft of a course that one works on.", _ROOM),
    commands.DRAFT_UNWATCH: Command(commands.DraftUnwatch, "Stop watching one draft, or all."),
    commands.ANSWER_SUBMIT: Command(
        commands.AnswerSubmit,
        "Answer an exercise; acknowledged with the body of the REST call.",
        (
            "catalog.answer_shape",
            "learning.session_not_found",
            "learning.exercise_not_found",
            "learning.already_answered",
            "learning.key_of_another_answer",
            "learning.session_closed",
            "learning.another_exercise_first",
        ),
        accepted=commands.AnswerAccepted,
    ),
}

FRAMES: dict[str, Sent] = {
    wire.STREAM_READY: Sent(wire.StreamReady, "The position behind which frames follow without a gap."),
    wire.STREAM_CLOSED: Sent(wire.StreamClosed, "The server closes this socket, and why."),
    wire.PROGRESS_CHANGED: Sent(wire.ProgressChanged, "An answer of one's own was graded."),
    wire.HEARTS_CHANGED: Sent(wire.HeartsChanged, "Hearts of one's own came back by more than time."),
    wire.LESSON_COMPLETED: Sent(
        wire.LessonCompleted, "A lesson of one's own is complete and rewarded.", ("session_id", "lesson_id")
    ),
    wire.GEMS_CHANGED: Sent(wire.GemsChanged, "Gems of one's own were earned or spent."),
    wire.GOAL_REACHED: Sent(wire.GoalReached, "The goal of one's own day was reached."),
    wire.ACHIEVEMENT_AWARDED: Sent(wire.AchievementAwarded, "A level of an achievement of one's own was reached."),
    wire.NOTIFICATION_CREATED: Sent(wire.NotificationCreated, "A new row in one's own inbox.", ("id",)),
    wire.NOTIFICATION_READ: Sent(
        wire.NotificationRead, "Some of one's own inbox was read or put away, here or elsewhere."
    ),
    wire.IMPORT_PROGRESS: Sent(wire.ImportProgress, "How far a course of one's own is that is read from a file."),
    wire.LEAGUE_SNAPSHOT: Sent(wire.LeagueSnapshot, "The whole board, and which line is one's own."),
    wire.LEAGUE_CHANGED: Sent(wire.LeagueFrame, "The lines that moved, with absolute values."),
    wire.CLASSROOM_SNAPSHOT: Sent(wire.ClassroomSnapshot, "All members of a class and what they are at."),
    wire.CLASSROOM_PROGRESS: Sent(wire.ClassroomProgress, "A member of a watched class answered."),
    wire.SESSION_PROGRESS: Sent(wire.SessionProgress, "A watched session as it stands now."),
    wire.COURSE_CHANGED: Sent(wire.CourseChanged, "The revision of a watched course that is published now."),
    wire.DRAFT_CHANGED: Sent(wire.DraftChanged, "A watched draft as it stands now."),
    wire.PRESENCE_CHANGED: Sent(wire.PresenceChanged, "How many people are in a room; at most once a second."),
    wire.ROOM_LEFT: Sent(wire.RoomLeft, "This socket is no longer in a room."),
}
