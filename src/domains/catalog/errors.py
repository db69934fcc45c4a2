"""Situations of the catalog."""

from domains.kernel.errors import Conflict, Invalid, NotFound


class AnswerShape(Invalid):
    code = "catalog.answer_shape"
    title = "The answer does not have the form that this kind of exercise needs"


class CourseNotFound(NotFound):
    code = "catalog.course_not_found"
    title = "There is no such course"


class LessonNotFound(NotFound):
    code = "catalog.lesson_not_found"
    title = "There is no such lesson in a published course"


class CourseInvalid(Invalid):
    code = "catalog.course_invalid"
    title = "The course cannot be published like this"


class FormatUnknown(Invalid):
    code = "catalog.format_unknown"
    title = "Courses cannot be written in this format"


class ExerciseGone(Conflict):
    code = "catalog.exercise_gone"
    title = "The course that is published now does not have this exercise"


class ExerciseChanged(Conflict):
    code = "catalog.exercise_changed"
    title = "The exercise asks for something else now"


class NotAcceptable(Conflict):
    code = "catalog.not_acceptable"
    title = "This answer cannot be added to the accepted ones"
