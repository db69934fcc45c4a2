"""Sessions in which no heart is lost."""

import sqlalchemy as sa
from alembic import op

revision = "0009_unlimited_hearts"
down_revision = "0008_billing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "learning_session",
        sa.Column("unlimited_hearts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("learning_session", "unlimited_hearts")
