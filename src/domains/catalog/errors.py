"""Situations of the catalog."""

from typing import ClassVar

from domains.kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound


class AnswerShape(Invalid):
    code = "catalog.answer_shape"
    title = "The answer does not have the form that this kind of exercise needs"


class CourseNotFound(NotFound):
    code = "catalog.course_not_found"
    title = "There is no such course"


class LessonNotFound(NotFound):
    code = "catalog.lesson_not_found"
    title = "There is no such lesson in a published course"


class CourseRetired(Conflict):
    code = "catalog.course_retired"
    title = "The course takes no new learners"


class CategoryNotFound(NotFound):
    code = "catalog.category_not_found"
    title = "There is no such category"


class CategoryTooDeep(Invalid):
    code = "catalog.category_too_deep"
    title = "There are two levels of categories"


class CourseInvalid(Invalid):
    code = "catalog.course_invalid"
    title = "The course cannot be published like this"


class FormatUnknown(Invalid):
    code = "catalog.format_unknown"
    title = "Courses are not read or written in this format"


class ExerciseGone(Conflict):
    code = "catalog.exercise_gone"
    title = "The course that is published now does not have this exercise"


class ExerciseChanged(Conflict):
    code = "catalog.exercise_changed"
    title = "The exercise asks for something else now"


class NotAcceptable(Conflict):
    code = "catalog.not_acceptable"
    title = "This answer cannot be added to the accepted ones"


class NodeGone(NotFound):
    code = "catalog.node_not_found"
    title = "The draft has no such node"


class NotThere(Invalid):
    code = "catalog.not_there"
    title = "The node cannot stand there"


class NodeInvalid(Invalid):
    code = "catalog.node_invalid"
    title = "The node cannot be saved like this"


class KeyTaken(Conflict):
    code = "catalog.key_taken"
    title = "Another node has this key"


class SlugTaken(Conflict):
    code = "catalog.slug_taken"
    title = "Another course has this slug"


class PublishedStays(Conflict):
    code = "catalog.published_stays"
    title = "A course that was published can be retired, not deleted"


class TooManyCourses(Conflict):
    code = "catalog.too_many_courses"
    title = "Nobody owns more courses than this"


class NotYourCourse(Forbidden):
    code = "catalog.not_your_part"
    title = "Your role on this course does not allow this"


class RevisionNotFound(NotFound):
    code = "catalog.revision_not_found"
    title = "The course has no such revision"


class WrongState(Conflict):
    code = "catalog.wrong_state"
    title = "The course is not in the state for this"


class ReviewNeeded(Conflict):
    code = "catalog.review_needed"
    title = "Somebody else has to approve the draft as it is now"


class BadMoment(Invalid):
    code = "catalog.bad_moment"
    title = "Courses are published at a moment to come, within a year"


class CommentNotFound(NotFound):
    code = "catalog.comment_not_found"
    title = "There is no such remark"


class CollaboratorUnknown(Invalid):
    code = "catalog.collaborator_unknown"
    title = "Nobody with this name or address can work on the course"


class InvitationNotFound(NotFound):
    code = "catalog.invitation_not_found"
    title = "There is no such invitation"


class TooManyCollaborators(Conflict):
    code = "catalog.too_many_collaborators"
    title = "No more people work on one course"


class ImportNotFound(NotFound):
    code = "catalog.import_not_found"
    title = "There is no such import"


class ImportBegun(Conflict):
    code = "catalog.import_begun"
    title = "The import has its whole file already"


class BadPart(Invalid):
    code = "catalog.bad_part"
    title = "This part does not belong to the file"


class TooManyImports(Conflict):
    code = "catalog.too_many_imports"
    title = "Other imports have to end first"


class DraftInProgress(Conflict):
    code = "catalog.draft_in_progress"
    title = "Authors have changed the draft since it was published"


class VersionNeeded(AppError):
    """Who changes what others may change says what they have seen."""

    status: ClassVar[int] = 428
    code = "catalog.version_needed"
    title = "Send If-Match with the ETag of what you change"


class VersionStale(AppError):
    status: ClassVar[int] = 412
    code = "catalog.version_stale"
    title = "Somebody has changed this meanwhile"
