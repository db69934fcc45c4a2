"""Progress through a course: what was done by quarters of an hour, and what it took; from the log, as far as it goes.

The rules are written out here as they were when this was written, whatever becomes of the code.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035_progress"
down_revision = "0034_reports"
branch_labels = None
depends_on = None

_TAKEN = """
    SELECT s.id, s.user_id, s.course_id, a.answered_at,
        least(greatest(floor(extract(epoch FROM a.answered_at - greatest(s.created_at, max(a.answered_at) OVER (
            PARTITION BY s.id ORDER BY a.answered ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))) * 1000), 0),
            180000)::int AS spent_ms
    FROM learning_session s JOIN learning_answer a ON a.session_id = s.id
"""

_READ = """
    UPDATE learning_lesson_progress p SET viewed_at = first_completed_at
    WHERE completions > 0 AND NOT EXISTS (
        SELECT FROM learning_session s
        WHERE s.user_id = p.user_id AND s.lesson_id = p.lesson_id AND s.completed_at IS NOT NULL)
"""

_DONE_AT = """
    UPDATE learning_lesson_progress p SET first_completed_at = least(p.first_completed_at, s.first_at),
        last_completed_at = greatest(p.last_completed_at, s.last_at)
    FROM (
        SELECT user_id, lesson_id, min(completed_at) AS first_at, max(completed_at) AS last_at
        FROM learning_session WHERE completed_at IS NOT NULL AND lesson_id IS NOT NULL GROUP BY 1, 2
    ) s WHERE s.user_id = p.user_id AND s.lesson_id = p.lesson_id
"""

_SPENT = f"""
    UPDATE learning_session s SET spent_ms = t.spent_ms
    FROM (SELECT id, sum(spent_ms) AS spent_ms FROM ({_TAKEN}) AS one GROUP BY id) t WHERE t.id = s.id
"""

_ACTIVITY = f"""
    INSERT INTO learning_activity (user_id, quarter, course_id, kind, times, spent_ms)
    SELECT user_id, date_bin('15 minutes', at, timestamptz 'epoch'), course_id, kind, count(*), sum(spent_ms)
    FROM (
        SELECT user_id, course_id, answered_at AS at, 'answer' AS kind, spent_ms FROM ({_TAKEN}) AS one
        UNION ALL
        SELECT user_id, course_id, reviewed_at, 'review', least(elapsed_ms, 180000) FROM learning_review
        UNION ALL
        SELECT user_id, course_id, completed_at, CASE WHEN lesson_id IS NULL THEN 'practice' ELSE 'lesson' END, 0
        FROM learning_session WHERE completed_at IS NOT NULL
        UNION ALL
        SELECT user_id, course_id, viewed_at, 'lesson', 0
        FROM learning_lesson_progress WHERE viewed_at IS NOT NULL
    ) AS done GROUP BY 1, 2, 3, 4
"""


def upgrade() -> None:
    op.add_column("learning_session", sa.Column("spent_ms", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_learning_session_course", "learning_session", ["user_id", "course_id", "id"])
    op.add_column("learning_lesson_progress", sa.Column("viewed_at", sa.DateTime(timezone=True)))
    op.create_table(
        "learning_activity",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.DateTime(timezone=True), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("spent_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_learning_activity_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "quarter", "course_id", "kind", name="pk_learning_activity"),
    )
    # Room on each page for the next version of its rows: no index but the key's has to follow them.
    op.execute("ALTER TABLE learning_activity SET (fillfactor = 80)")
    _backfill(op.get_bind())


def downgrade() -> None:
    op.drop_table("learning_activity")
    op.drop_column("learning_lesson_progress", "viewed_at")
    op.drop_index("ix_learning_session_course", "learning_session")
    op.drop_column("learning_session", "spent_ms")


def _backfill(connection: sa.Connection) -> None:
    """As far as the log goes; the moments of completion were those of the database's clock, and are those of the
    session's from now on."""
    for statement in (_READ, _DONE_AT, _SPENT, _ACTIVITY):
        connection.execute(sa.text(statement))
