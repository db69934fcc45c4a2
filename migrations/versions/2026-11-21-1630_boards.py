"""Gamification: boards."""

revision = "0039_boards"
down_revision = "0038_leagues"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
