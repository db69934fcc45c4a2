"""Sessions of a course beside those of a lesson; sessions that are given up; wrong answers that come back."""

import sqlalchemy as sa
from alembic import op

revision = "0030_sessions"
down_revision = "0027_rights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("learning_session", "lesson_id", nullable=True)
    op.add_column("learning_session", sa.Column("unit_id", sa.Uuid()))
    op.create_foreign_key(
        "fk_learning_session_unit_id_catalog_node", "learning_session", "catalog_node", ["unit_id"], ["id"]
    )
    op.add_column("learning_session", sa.Column("abandoned_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_learning_session_open",
        "learning_session",
        ["user_id", "course_id"],
        postgresql_where=sa.text("completed_at IS NULL AND abandoned_at IS NULL"),
    )
    op.create_table(
        "learning_second_try",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "exercise_id", "key", name="pk_learning_second_try"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name="fk_learning_second_try_session_id_learning_session",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("learning_second_try")
    op.drop_index("ix_learning_session_open", "learning_session")
    op.drop_column("learning_session", "abandoned_at")
    op.drop_column("learning_session", "unit_id")
    # A session without a lesson has no place in the older table.
    op.execute("DELETE FROM learning_session WHERE lesson_id IS NULL")
    op.alter_column("learning_session", "lesson_id", nullable=False)
