"""Create classrooms: classes with a join code, and their members."""

import sqlalchemy as sa
from alembic import op

revision = "0013_classrooms"
down_revision = "0012_watchers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "classrooms_classroom",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Uuid()),
        sa.Column("code", sa.Text()),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_classrooms_classroom"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_classrooms_classroom_course_id_catalog_course"
        ),
        sa.UniqueConstraint("code", name="uq_classrooms_classroom_code"),
    )
    op.create_table(
        "classrooms_member",
        sa.Column("classroom_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("classroom_id", "user_id", name="pk_classrooms_member"),
        sa.ForeignKeyConstraint(
            ["classroom_id"],
            ["classrooms_classroom.id"],
            name="fk_classrooms_member_classroom_id_classrooms_classroom",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_classrooms_member_user_id_identity_user", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_classrooms_member_user", "classrooms_member", ["user_id", "classroom_id"])
    op.create_index(
        "uq_classrooms_member_teacher",
        "classrooms_member",
        ["classroom_id"],
        unique=True,
        postgresql_where=sa.text("role = 'teacher'"),
    )


def downgrade() -> None:
    op.drop_table("classrooms_member")
    op.drop_table("classrooms_classroom")
