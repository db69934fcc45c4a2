"""Lessons that are taken without a network: sessions that were made up beforehand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033_sync"
down_revision = "0032_hearts"
branch_labels = None
depends_on = None

_NAME = "learning_prepared_session"


def upgrade() -> None:
    op.create_table(
        _NAME,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("exercise_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("unlimited_hearts", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=f"fk_{_NAME}_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["catalog_course.id"], name=f"fk_{_NAME}_course_id_catalog_course"),
        sa.ForeignKeyConstraint(["lesson_id"], ["catalog_node.id"], name=f"fk_{_NAME}_lesson_id_catalog_node"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["catalog_revision.id"], name=f"fk_{_NAME}_revision_id_catalog_revision"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_NAME}"),
    )
    op.create_index(f"ix_{_NAME}_learner", _NAME, ["user_id", "course_id"])


def downgrade() -> None:
    op.drop_table(_NAME)
