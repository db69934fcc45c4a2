"""create learning: enrolments, sessions, answers, progress"""

import sqlalchemy as sa
from alembic import op

revision = "0004_learning"
down_revision = "0003_catalog"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "learning_enrollment",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        _now("enrolled_at"),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("user_id", "course_id", name="pk_learning_enrollment"),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["course_id"], ["catalog_course.id"]),
    )
    op.create_table(
        "learning_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("exercise_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("answered", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("correct", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("hearts", sa.SmallInteger(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_learning_session"),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["course_id"], ["catalog_course.id"]),
        sa.ForeignKeyConstraint(["lesson_id"], ["catalog_node.id"]),
        sa.ForeignKeyConstraint(["revision_id"], ["catalog_revision.id"]),
    )
    op.create_index("ix_learning_session_learner", "learning_session", ["user_id", "lesson_id"])
    op.create_table(
        "learning_answer",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.SmallInteger(), nullable=False),
        sa.Column("hearts", sa.SmallInteger(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        _now("answered_at"),
        sa.PrimaryKeyConstraint("session_id", "exercise_id", name="pk_learning_answer"),
        sa.ForeignKeyConstraint(["session_id"], ["learning_session.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "learning_lesson_progress",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("completions", sa.Integer(), nullable=False),
        sa.Column("best_score", sa.Float(), nullable=False),
        _now("first_completed_at"),
        _now("last_completed_at"),
        sa.PrimaryKeyConstraint("user_id", "lesson_id", name="pk_learning_lesson_progress"),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lesson_id"], ["catalog_node.id"]),
        sa.ForeignKeyConstraint(["course_id"], ["catalog_course.id"]),
    )
    op.create_index("ix_learning_lesson_progress_course", "learning_lesson_progress", ["user_id", "course_id"])


def downgrade() -> None:
    op.drop_table("learning_lesson_progress")
    op.drop_table("learning_answer")
    op.drop_table("learning_session")
    op.drop_table("learning_enrollment")
