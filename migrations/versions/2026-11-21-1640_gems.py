"""Gamification: gems."""

revision = "0040_gems"
down_revision = "0039_boards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
