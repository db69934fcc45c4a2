"""Files: content, who has it, where it is used, what is on its way, and what is left to delete."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042_media"
down_revision = "0043_league_moves"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _dated() -> sa.Column[object]:
    return sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "media_blob",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Uuid(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("state", sa.Text(), server_default="stored", nullable=False),
        sa.Column("variants", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("idle_at", _MOMENT),
        _dated(),
        sa.PrimaryKeyConstraint("sha256", name="pk_media_blob"),
    )
    op.create_index("ix_media_blob_idle", "media_blob", ["idle_at"], postgresql_where=sa.text("idle_at IS NOT NULL"))
    op.create_table(
        "media_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("owner_id", sa.Uuid()),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        _dated(),
        sa.ForeignKeyConstraint(["sha256"], ["media_blob.sha256"], name="fk_media_file_sha256_media_blob"),
        sa.ForeignKeyConstraint(["owner_id"], ["identity_user.id"], name="fk_media_file_owner_id_identity_user"),
        sa.PrimaryKeyConstraint("id", name="pk_media_file"),
    )
    op.create_index("uq_media_file_owner_id", "media_file", ["owner_id", "sha256", "purpose"], unique=True)
    op.create_index("ix_media_file_owner_id", "media_file", ["owner_id", "id"])
    op.create_index("ix_media_file_sha256", "media_file", ["sha256"])
    op.create_table(
        "media_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary()),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("file_id", sa.Uuid()),
        sa.Column("failure", postgresql.JSONB()),
        sa.Column("expires_at", _MOMENT, nullable=False),
        _dated(),
        sa.ForeignKeyConstraint(["owner_id"], ["identity_user.id"], name="fk_media_upload_owner_id_identity_user"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["media_file.id"], name="fk_media_upload_file_id_media_file", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_media_upload"),
    )
    op.create_index("ix_media_upload_owner_id", "media_upload", ["owner_id"])
    op.create_index("ix_media_upload_file_id", "media_upload", ["file_id"])
    op.create_index("ix_media_upload_expires_at", "media_upload", ["expires_at"])
    op.create_table(
        "media_use",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["media_blob.sha256"], name="fk_media_use_sha256_media_blob"),
        sa.PrimaryKeyConstraint("holder", "sha256", name="pk_media_use"),
    )
    op.create_index("ix_media_use_sha256", "media_use", ["sha256"])
    op.create_table(
        "media_leftover",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="pk_media_leftover"),
    )
    op.create_index("ix_media_leftover_due_at", "media_leftover", ["due_at"])
    op.create_table(
        "media_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        _dated(),
        sa.PrimaryKeyConstraint("name", name="pk_media_key"),
    )
    op.add_column("profiles_profile", sa.Column("avatar_sha256", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("profiles_profile", "avatar_sha256")
    for table in ("key", "leftover", "use", "upload", "file", "blob"):
        op.drop_table(f"media_{table}")
