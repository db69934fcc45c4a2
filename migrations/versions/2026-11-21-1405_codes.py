"""One-time codes, guests and what joins two accounts."""

revision = "0021_codes"
down_revision = "0020_entry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
