"""Kinds of sessions."""

revision = "0030_sessions"
down_revision = "0027_rights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
