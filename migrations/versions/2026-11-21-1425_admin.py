"""Scoped roles, bans and what admins do."""

revision = "0025_admin"
down_revision = "0024_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
