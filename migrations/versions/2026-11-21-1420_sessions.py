"""API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0024_sessions"
down_revision = "0023_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("made_by", sa.Uuid()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("successor_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.ForeignKeyConstraint(
            ["made_by"], ["identity_user.id"], name="fk_identity_api_key_made_by_identity_user", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["identity_api_key.id"],
            name="fk_identity_api_key_successor_id_identity_api_key",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identity_api_key"),
        sa.UniqueConstraint("secret_hash", name="uq_identity_api_key_secret_hash"),
    )


def downgrade() -> None:
    op.drop_table("identity_api_key")
