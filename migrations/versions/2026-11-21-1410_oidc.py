"""Logins at other providers."""

revision = "0022_oidc"
down_revision = "0021_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
