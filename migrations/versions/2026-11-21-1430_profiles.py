"""Profiles, friends and their activity."""

revision = "0026_profiles"
down_revision = "0025_admin"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
