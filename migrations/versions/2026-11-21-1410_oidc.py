"""Logins at other providers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022_oidc"
down_revision = "0021_codes"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.func.now() if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_id_identity_user"
    return sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "identity_oidc_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        _moment("last_used_at", nullable=True),
        _moment("created_at", now=True),
        _of_user("identity_oidc_identity"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_oidc_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identity_oidc_identity_issuer"),
        sa.UniqueConstraint("user_id", "issuer", name="uq_identity_oidc_identity_user_id"),
    )
    op.create_table(
        "identity_oidc_flow",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("starter_hash", sa.LargeBinary(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("link", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("session_id", sa.Uuid()),
        _moment("answered_at", nullable=True),
        sa.Column("exchange_hash", sa.LargeBinary()),
        sa.Column("claims", JSONB()),
        _moment("expires_at"),
        _of_user("identity_oidc_flow"),
        sa.PrimaryKeyConstraint("state_hash", name="pk_identity_oidc_flow"),
        sa.UniqueConstraint("exchange_hash", name="uq_identity_oidc_flow_exchange_hash"),
    )
    op.create_index("ix_identity_oidc_flow_user_id", "identity_oidc_flow", ["user_id"])
    op.create_index("ix_identity_oidc_flow_expires_at", "identity_oidc_flow", ["expires_at"])
    op.create_table(
        "identity_oidc_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text()),
        _moment("expires_at"),
        _moment("created_at", now=True),
        _of_user("identity_oidc_session"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["identity_session.id"],
            name="fk_identity_oidc_session_session_id_identity_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identity_oidc_session"),
    )
    op.create_index("ix_identity_oidc_session_user_id", "identity_oidc_session", ["user_id"])
    op.create_index("ix_identity_oidc_session_session_id", "identity_oidc_session", ["session_id"])
    op.create_index("ix_identity_oidc_session_issuer", "identity_oidc_session", ["issuer", "subject"])
    op.create_index("ix_identity_oidc_session_expires_at", "identity_oidc_session", ["expires_at"])
    op.create_table(
        "identity_oidc_logout_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_identity_oidc_logout_token"),
    )
    op.create_index("ix_identity_oidc_logout_token_expires_at", "identity_oidc_logout_token", ["expires_at"])


def downgrade() -> None:
    op.drop_table("identity_oidc_logout_token")
    op.drop_table("identity_oidc_session")
    op.drop_table("identity_oidc_flow")
    op.drop_table("identity_oidc_identity")
