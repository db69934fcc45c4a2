"""Classes: who teaches whom, and how somebody gets into a class and out of it.

Owns classes, their join codes and their members. Does not own what members learn (learning) nor what they are told
(notifications). A teacher sees names and the session that a member is at, of the class's course alone where it has
one; never an address, and there is nothing here by which a teacher could act as a member.

Decision: members come by themselves, with a code, and a class's course cannot be changed.
Consequence: nobody is put into a class, or shown to a teacher in more than they joined for.
"""

from domains.classrooms.controllers import ClassroomsController, MembersController
from domains.classrooms.events import ClassroomArchived, ClassroomReopened, MemberJoined, MemberLeft, RoleChanged
from domains.classrooms.handlers import SUBSCRIPTIONS
from domains.classrooms.rights import PERSONAL_DATA
from domains.kernel.domain import Domain

DOMAIN = Domain(
    "classrooms",
    routes=[ClassroomsController, MembersController],
    subscriptions=SUBSCRIPTIONS,
    events=[MemberJoined, MemberLeft, RoleChanged, ClassroomArchived, ClassroomReopened],
    personal_data=PERSONAL_DATA,
)
