"""Situations of classrooms. Somebody else's class looks like one that is not there."""

from domains.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class ClassroomNotFound(NotFound):
    code = "classrooms.not_found"
    title = "There is no such class of yours"


class MemberNotFound(NotFound):
    code = "classrooms.member_not_found"
    title = "The class has no such member"


class NotYourPart(Forbidden):
    code = "classrooms.not_your_part"
    title = "Your role in this class does not allow it"


class CodeRefused(Invalid):
    """The same for a wrong code, one that was switched off, and somebody whom a teacher removed."""

    code = "classrooms.code_refused"
    title = "This code opens no class for you"


class TooManyWrongCodes(TooMany):
    code = "classrooms.too_many_wrong_codes"
    title = "Too many codes that open no class"


class ClassroomClosed(Conflict):
    code = "classrooms.closed"
    title = "The class is archived"


class ClassroomFull(Conflict):
    code = "classrooms.full"
    title = "The class is full"


class TooManyClassrooms(Conflict):
    code = "classrooms.too_many"
    title = "You are in as many classes as one can be"


class TeacherStays(Conflict):
    code = "classrooms.teacher_stays"
    title = "A class keeps its teacher; archive it instead"


class NotATeacher(Conflict):
    code = "classrooms.not_a_teacher"
    title = "A co-teacher needs the role of a teacher"
