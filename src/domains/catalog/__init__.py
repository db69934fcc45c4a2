"""Courses: sections, units, lessons and exercises, their published revisions, and how an exercise is graded.

Owns what is taught and what counts as right. Does not own who learns it, what they answered, or what it earns.

Decision: a revision is one immutable document, stored as the bytes that were digested; only identities and what lists
show are rows. Consequence: publishing and reading a course take a handful of statements however large it is, and a
process keeps decoded revisions without ever asking whether they are stale.
"""

from domains.catalog import models
from domains.catalog.controllers.authoring import AuthoredCoursesController
from domains.catalog.controllers.authoring_nodes import DraftNodesController
from domains.catalog.controllers.categories import CategoriesController
from domains.catalog.controllers.collaboration import CollaborationController
from domains.catalog.controllers.courses import CoursesController, SearchController
from domains.catalog.controllers.imports import ImportsController
from domains.catalog.controllers.trying import TryingController
from domains.catalog.controllers.workflow import WorkflowController
from domains.catalog.events import (
    CourseRevisionPublished,
    CourseWorkMoved,
    DraftEdited,
    ImportProgressed,
    ImportRequested,
)
from domains.catalog.handlers import SUBSCRIPTIONS
from domains.catalog.jobs import JOBS
from domains.catalog.rights import PERSONAL_DATA
from domains.kernel.domain import Domain

DOMAIN = Domain(
    "catalog",
    routes=[
        CoursesController,
        SearchController,
        CategoriesController,
        AuthoredCoursesController,
        DraftNodesController,
        WorkflowController,
        CollaborationController,
        ImportsController,
        TryingController,
    ],
    events=[CourseRevisionPublished, CourseWorkMoved, DraftEdited, ImportProgressed, ImportRequested],
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)

# Loading the domain loads its tables, which migrations compare themselves with.
__all__ = ["DOMAIN", "models"]
