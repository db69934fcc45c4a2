"""Exports of a person's data, and deletion."""

import sqlalchemy as sa
from alembic import op

revision = "0027_rights"
down_revision = "0026_profiles"
branch_labels = None
depends_on = None

_OPEN = "state IN ('waiting', 'running')"
_TOMBSTONE = (
    "erased_at IS NULL OR banned_at IS NOT NULL AND name = 'Deleted account' "
    "AND num_nonnulls(email, username, password_hash, ban_reason) = 0"
)
_INDEXES = {
    "deletion_at": "deletion_at IS NOT NULL AND erased_at IS NULL",
    "erased_at": "erased_at IS NOT NULL",
    "merged_into": "merged_into IS NOT NULL",
}


def _moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.func.now() if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not now, server_default=default)


def upgrade() -> None:
    op.add_column("identity_user", sa.Column("deletion_at", sa.DateTime(timezone=True)))
    op.add_column("identity_user", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(op.f("ck_identity_user_tombstone"), "identity_user", _TOMBSTONE)
    for column, where in _INDEXES.items():
        op.create_index(f"ix_identity_user_{column}", "identity_user", [column], postgresql_where=sa.text(where))
    op.create_table(
        "identity_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="waiting"),
        sa.Column("run", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("done", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        _moment("ready_at"),
        _moment("expires_at"),
        _moment("created_at", now=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_identity_export_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identity_export"),
    )
    op.create_index(
        "uq_identity_export_open", "identity_export", ["user_id"], unique=True, postgresql_where=sa.text(_OPEN)
    )
    op.create_index("ix_identity_export_user_id", "identity_export", ["user_id", "id"])
    op.create_index("ix_identity_export_expires_at", "identity_export", ["expires_at"])
    op.create_table(
        "identity_export_chunk",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["identity_export.id"],
            name="fk_identity_export_chunk_export_id_identity_export",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "run", "number", name="pk_identity_export_chunk"),
    )
    op.create_table(
        "identity_farewell",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        _moment("created_at", now=True),
        sa.PrimaryKeyConstraint("id", name="pk_identity_farewell"),
    )


def downgrade() -> None:
    for table in ("farewell", "export_chunk", "export"):
        op.drop_table(f"identity_{table}")
    for column in _INDEXES:
        op.drop_index(f"ix_identity_user_{column}", "identity_user")
    op.drop_constraint(op.f("ck_identity_user_tombstone"), "identity_user")
    op.drop_column("identity_user", "erased_at")
    op.drop_column("identity_user", "deletion_at")
