"""Create identity: users, roles, login sessions, refresh tokens, signing keys, failed logins."""

import sqlalchemy as sa
from alembic import op

revision = "0002_identity"
down_revision = "0001_kernel"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "identity_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("banned_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_user"),
    )
    op.create_index("uq_identity_user_email", "identity_user", [sa.text("lower(email)")], unique=True)
    op.create_index("uq_identity_user_username", "identity_user", ["username"], unique=True)
    op.create_table(
        "identity_user_role",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_identity_user_role_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_identity_user_role"),
    )
    op.create_table(
        "identity_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_identity_session_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identity_session"),
    )
    op.create_index("ix_identity_session_user_id", "identity_session", ["user_id"])
    op.create_index("ix_identity_session_expires_at", "identity_session", ["expires_at"])
    op.create_table(
        "identity_refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("successor_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["identity_session.id"],
            name="fk_identity_refresh_token_session_id_identity_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_identity_refresh_token"),
    )
    op.create_index("ix_identity_refresh_token_session_id", "identity_refresh_token", ["session_id"])
    op.create_table(
        "identity_signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("signs_from", _MOMENT, nullable=False),
        sa.Column("retired_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("kid", name="pk_identity_signing_key"),
    )
    op.create_table(
        "identity_login_failure",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", _MOMENT, nullable=False),
        sa.Column("blocked_until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_identity_login_failure"),
    )
    op.create_index("ix_identity_login_failure_last_failed_at", "identity_login_failure", ["last_failed_at"])


def downgrade() -> None:
    for table in (
        "identity_login_failure",
        "identity_signing_key",
        "identity_refresh_token",
        "identity_session",
        "identity_user_role",
        "identity_user",
    ):
        op.drop_table(table)
