"""Answers that were given without a network."""

revision = "0033_sync"
down_revision = "0032_hearts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
