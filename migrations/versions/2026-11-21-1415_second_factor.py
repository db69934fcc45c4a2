"""Second factors: TOTP, recovery codes, passkeys and logins that wait for one."""

revision = "0023_second_factor"
down_revision = "0022_oidc"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
