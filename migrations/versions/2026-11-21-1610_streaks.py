"""Gamification: streaks."""

revision = "0037_streaks"
down_revision = "0036_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
