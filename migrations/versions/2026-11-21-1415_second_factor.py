"""Second factors: TOTP, recovery codes, passkeys and logins that wait for one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0023_second_factor"
down_revision = "0022_oidc"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_id_identity_user"
    return sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "identity_pending_login",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tries_left", sa.SmallInteger(), nullable=False),
        _moment("began_at"),
        _moment("expires_at"),
        _of_user("identity_pending_login"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_identity_pending_login"),
    )
    op.create_index("ix_identity_pending_login_user_id", "identity_pending_login", ["user_id"])
    op.create_index("ix_identity_pending_login_expires_at", "identity_pending_login", ["expires_at"])
    op.create_table(
        "identity_totp",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        _moment("began_at"),
        _moment("confirmed_at", nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _of_user("identity_totp"),
        sa.PrimaryKeyConstraint("user_id", name="pk_identity_totp"),
    )
    op.create_table(
        "identity_recovery_code",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        _of_user("identity_recovery_code"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name="pk_identity_recovery_code"),
    )
    op.create_table(
        "identity_passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        _moment("last_used_at", nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        _of_user("identity_passkey"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_identity_passkey_credential_id"),
    )
    op.create_index("ix_identity_passkey_user_id", "identity_passkey", ["user_id"])
    op.create_table(
        "identity_challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ceremony", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        _moment("expires_at"),
        _of_user("identity_challenge"),
        sa.PrimaryKeyConstraint("challenge_hash", name="pk_identity_challenge"),
    )
    op.create_index("ix_identity_challenge_user_id", "identity_challenge", ["user_id"])
    op.create_index("ix_identity_challenge_expires_at", "identity_challenge", ["expires_at"])


def downgrade() -> None:
    op.drop_table("identity_challenge")
    op.drop_table("identity_passkey")
    op.drop_table("identity_recovery_code")
    op.drop_table("identity_totp")
    op.drop_table("identity_pending_login")
