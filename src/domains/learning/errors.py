"""Situations of learning."""

from domains.kernel.errors import Conflict, Invalid, NotFound, TooMany


class SessionNotFound(NotFound):
    code = "learning.session_not_found"
    title = "There is no such session of yours"


class ExerciseNotFound(NotFound):
    code = "learning.exercise_not_found"
    title = "This exercise is not part of the session"


class NothingToPractise(Conflict):
    code = "learning.nothing_to_practise"
    title = "This lesson has no exercises; mark it as viewed"


class NeedsPractice(Conflict):
    code = "learning.needs_practice"
    title = "This lesson has exercises; complete a session of it"


class UnitNotFound(NotFound):
    code = "learning.unit_not_found"
    title = "The course has no such unit"


class UnitNeeded(Invalid):
    code = "learning.unit_needed"
    title = "A test is about one unit; name it"


class NothingMet(Conflict):
    code = "learning.nothing_met"
    title = "There is nothing to practise before the first lesson"


class NoMistakes(Conflict):
    code = "learning.no_mistakes"
    title = "Nothing that went wrong is left to practise"


class NothingDue(Conflict):
    code = "learning.nothing_due"
    title = "Nothing is due to be reviewed"


class UnitDone(Conflict):
    code = "learning.unit_done"
    title = "Every lesson of the unit is done"


class AlreadyAnswered(Conflict):
    code = "learning.already_answered"
    title = "This exercise has been answered in this session"


class AnotherExerciseFirst(Conflict):
    code = "learning.another_exercise_first"
    title = "A test is answered in the order in which it asks"


class KeyOfAnotherAnswer(Conflict):
    code = "learning.key_of_another_answer"
    title = "This Idempotency-Key belongs to another answer"


class SessionClosed(Conflict):
    code = "learning.session_closed"
    title = "The session is over: completed, or given up"


class TooManyInvitations(Conflict):
    code = "learning.too_many_invitations"
    title = "Too many invitations to this session are open"


class SessionIncomplete(Conflict):
    code = "learning.session_incomplete"
    title = "Some exercises have not been answered"


class FlashcardNotFound(NotFound):
    code = "learning.flashcard_not_found"
    title = "The course has no such card"


class BadParameters(Invalid):
    code = "learning.bad_parameters"
    title = "These are no weights of FSRS-6"


class KeyOfAnotherReview(Conflict):
    code = "learning.key_of_another_review"
    title = "This Idempotency-Key belongs to another review"


class BadDays(Invalid):
    code = "learning.bad_days"
    title = "Ask for 1 to 366 days, the first before the last"


class NothingAnswered(Conflict):
    code = "learning.nothing_answered"
    title = "This exercise has not been answered in this session"


class RightAlready(Conflict):
    code = "learning.right_already"
    title = "This answer counts as right"


class TooManyReports(TooMany):
    code = "learning.too_many_reports"
    title = "Too many reports within a day"


class ReportNotFound(NotFound):
    code = "learning.report_not_found"
    title = "The course has no such report"


class NoAnswerReported(Conflict):
    code = "learning.no_answer_reported"
    title = "This report is about no answer"


class ReportAccepted(Conflict):
    code = "learning.report_accepted"
    title = "The answer was accepted; what learners were given back is not taken again"


class DeckUnreadable(Invalid):
    code = "learning.deck_unreadable"
    title = "This is no package of Anki that can be read"
