"""Gamification: ledger."""

revision = "0036_ledger"
down_revision = "0035_progress"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
