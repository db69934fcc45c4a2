"""What the catalog holds about a person. Courses stay when their author goes, as do lines about their publishing,
without a name; remarks go."""

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "courses",
        """
        SELECT m.course_id, c.slug, c.title, m.role, m.added_at
        FROM catalog_collaborator m JOIN catalog_course c ON c.id = m.course_id
        WHERE m.user_id = :user_id ORDER BY m.added_at, m.course_id
        """,
    ),
    PersonalData(
        "comments",
        """
        SELECT m.id, m.course_id, m.node_id, m.body, m.created_at, m.resolved_at FROM catalog_comment m
        WHERE m.author_id = :user_id ORDER BY m.id
        """,
    ),
    PersonalData(
        "invitations",
        """
        SELECT m.id, m.course_id, m.asked, m.role, m.created_at, m.by_id = :user_id AS sent_by_me
        FROM catalog_invitation m WHERE m.user_id = :user_id OR m.by_id = :user_id ORDER BY m.id
        """,
    ),
    PersonalData(
        "publishing",
        """
        SELECT l.id, l.course_id, l.revision_id, l.action, l.note, l.at FROM catalog_publish_log l
        WHERE l.by_id = :user_id ORDER BY l.id
        """,
    ),
    PersonalData(
        "imports",
        """
        SELECT i.id, i.course_id, i.state, i.format, i.name, i.size_bytes, i.options, i.report, i.done, i.total,
            i.created_at, i.finished_at
        FROM catalog_import i WHERE i.owner_id = :user_id ORDER BY i.id
        """,
    ),
)
