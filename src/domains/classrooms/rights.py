"""What classrooms hold about a person; `service.erase` makes them forget it."""

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "classes",
        """
        SELECT m.classroom_id, c.name AS class, m.role, m.joined_at, m.removed_at
        FROM classrooms_member m JOIN classrooms_classroom c ON c.id = m.classroom_id
        WHERE m.user_id = :user_id ORDER BY m.joined_at, m.classroom_id
        """,
    ),
)
