"""Feature flags."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0070_flags"
down_revision = "0053_workflow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kernel_flag",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("environments", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("percentage", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("people", ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("changed_by", sa.Uuid()),
    )


def downgrade() -> None:
    op.drop_table("kernel_flag")
