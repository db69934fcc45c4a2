"""Gamification: achievements."""

revision = "0041_achievements"
down_revision = "0040_gems"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
