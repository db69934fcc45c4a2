"""Gamification: leagues."""

revision = "0038_leagues"
down_revision = "0037_streaks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
