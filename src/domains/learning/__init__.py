"""Enrolments, sessions, graded answers and progress through courses.

Owns what a learner answered and how far they are. Does not own what counts as right (catalog) or what it earns
(gamification).

Decision: what never changes about a session is kept in memory and an answer is one statement, shared with the answers
that arrive at the same moment. Consequence: the hottest path of the house reads nothing before it writes.
"""

from domains.kernel.domain import Domain
from domains.learning.controllers.bundle import BundleController
from domains.learning.controllers.decks import DecksController
from domains.learning.controllers.hearts import HeartsController
from domains.learning.controllers.progress import ProgressController
from domains.learning.controllers.reports import CourseReportsController, ExerciseReportsController
from domains.learning.controllers.schedule import DueController, ScheduleController
from domains.learning.controllers.sessions import (
    EnrollmentsController,
    SessionsController,
    WatchingController,
)
from domains.learning.events import (
    AnswerAccepted,
    AnswerGraded,
    AnswerRegraded,
    CourseCompleted,
    HeartsChanged,
    LearnerEnrolled,
    LessonCompleted,
    PracticeCompleted,
    RegradeDue,
    SessionBegun,
)
from domains.learning.handlers import SUBSCRIPTIONS
from domains.learning.jobs import JOBS
from domains.learning.repository.rights import PERSONAL_DATA

DOMAIN = Domain(
    "learning",
    routes=[
        EnrollmentsController,
        SessionsController,
        BundleController,
        WatchingController,
        ProgressController,
        DueController,
        ScheduleController,
        DecksController,
        HeartsController,
        ExerciseReportsController,
        CourseReportsController,
    ],
    events=[
        LearnerEnrolled,
        SessionBegun,
        AnswerGraded,
        HeartsChanged,
        LessonCompleted,
        PracticeCompleted,
        CourseCompleted,
        AnswerAccepted,
        RegradeDue,
        AnswerRegraded,
    ],
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)
