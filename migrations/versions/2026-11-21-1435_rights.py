"""Exports of a person's data, and deletion."""

revision = "0027_rights"
down_revision = "0026_profiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
