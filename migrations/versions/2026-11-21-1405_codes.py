"""One-time codes, guests and what joins two accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0021_codes"
down_revision = "0020_entry"
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
        "identity_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries_left", sa.SmallInteger(), nullable=False),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _moment("created_at", now=True),
        _of_user("identity_code"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_code"),
    )
    op.create_index("ix_identity_code_address", "identity_code", ["address", "purpose"])
    op.create_index("ix_identity_code_user", "identity_code", ["user_id", "purpose"])
    op.create_index("ix_identity_code_request_hash", "identity_code", ["request_hash"])
    op.create_index("ix_identity_code_expires_at", "identity_code", ["expires_at"])
    op.create_table(
        "identity_code_secret",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _moment("created_at", now=True),
        sa.ForeignKeyConstraint(
            ["code_id"], ["identity_code.id"], name="fk_identity_code_secret_code_id_identity_code", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_identity_code_secret"),
    )
    op.create_index("ix_identity_code_secret_code_id", "identity_code_secret", ["code_id"])
    op.create_table(
        "identity_device",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("created_at", now=True),
        _of_user("identity_device"),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_identity_device"),
    )
    op.create_index("ix_identity_device_user_id", "identity_device", ["user_id"])
    op.add_column("identity_user", sa.Column("merged_into", sa.Uuid()))
    op.create_foreign_key(
        "fk_identity_user_merged_into_identity_user",
        "identity_user",
        "identity_user",
        ["merged_into"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    op.drop_column("identity_user", "merged_into")
    op.drop_table("identity_device")
    op.drop_table("identity_code_secret")
    op.drop_table("identity_code")
