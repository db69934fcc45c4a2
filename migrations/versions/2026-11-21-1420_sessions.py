"""API keys and what sessions need beyond."""

revision = "0024_sessions"
down_revision = "0023_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
