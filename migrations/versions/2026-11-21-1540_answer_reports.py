"""Reports of learners about exercises, what became of them, and answers that are graded anew."""

import sqlalchemy as sa
from alembic import op

revision = "0034_reports"
down_revision = "0033_sync"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learning_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("nearness", sa.Float()),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("reporters", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_by", sa.Uuid()),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("accepted_in", sa.Uuid()),
        sa.Column("regraded", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_learning_report_course_id_catalog_course"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["catalog_revision.id"], name="fk_learning_report_revision_id_catalog_revision"
        ),
        sa.ForeignKeyConstraint(
            ["accepted_in"], ["catalog_revision.id"], name="fk_learning_report_accepted_in_catalog_revision"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_learning_report"),
    )
    op.create_index(
        "uq_learning_report_open",
        "learning_report",
        ["subject"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_learning_report_subject", "learning_report", ["subject", "id"])
    op.create_index("ix_learning_report_queue", "learning_report", ["course_id", "state", "rank", "id"])
    op.create_table(
        "learning_reporter",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["learning_report.id"],
            name="fk_learning_reporter_report_id_learning_report",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_learning_reporter_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name="fk_learning_reporter_session_id_learning_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "user_id", name="pk_learning_reporter"),
    )
    op.create_index("ix_learning_reporter_learner", "learning_reporter", ["user_id", "reported_at"])
    op.add_column("learning_answer", sa.Column("regraded_at", sa.DateTime(timezone=True)))
    # Only what may be graded anew: a right answer is never looked for by its exercise.
    op.create_index(
        "ix_learning_answer_wrong",
        "learning_answer",
        ["exercise_id", "session_id"],
        postgresql_where=sa.text("NOT correct"),
    )


def downgrade() -> None:
    op.drop_index("ix_learning_answer_wrong", "learning_answer")
    op.drop_column("learning_answer", "regraded_at")
    op.drop_table("learning_reporter")
    op.drop_table("learning_report")
