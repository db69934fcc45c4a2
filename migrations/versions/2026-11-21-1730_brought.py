"""What learners remembered by other programs."""

import sqlalchemy as sa
from alembic import op

revision = "0052_brought"
down_revision = "0051_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learning_brought",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stability", sa.Float(), nullable=False),
        sa.Column("difficulty", sa.Float(), nullable=False),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name=op.f("fk_learning_brought_user_id_identity_user"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name=op.f("fk_learning_brought_course_id_catalog_course")
        ),
        sa.PrimaryKeyConstraint("user_id", "course_id", "item_id", "looked_at", name=op.f("pk_learning_brought")),
    )


def downgrade() -> None:
    op.drop_table("learning_brought")
