"""What is reviewed and published when, and files that courses are read from."""

import sqlalchemy as sa
from alembic import op

revision = "0053_workflow"
down_revision = "0052_brought"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("catalog_draft", sa.Column("publish_version", sa.Integer()))
    op.add_column("catalog_draft", sa.Column("edited_by", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.drop_column("catalog_import", "file")
    op.add_column("catalog_import", sa.Column("size_bytes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("catalog_import", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "catalog_import_part",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["catalog_import.id"], name="fk_catalog_import_part_import", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_catalog_import_part"),
    )
    op.create_table(
        "catalog_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["identity_user.id"], name="fk_catalog_invitation_by", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_invitation_course", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_catalog_invitation_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_invitation"),
        sa.UniqueConstraint("course_id", "asked", name="uq_catalog_invitation_asked"),
    )
    op.create_index("ix_catalog_invitation_by_id", "catalog_invitation", ["by_id"])
    op.create_index("ix_catalog_invitation_user_id", "catalog_invitation", ["user_id"])


def downgrade() -> None:
    op.drop_table("catalog_invitation")
    op.drop_table("catalog_import_part")
    op.drop_column("catalog_import", "attempts")
    op.drop_column("catalog_import", "size_bytes")
    op.add_column("catalog_import", sa.Column("file", sa.Text(), server_default="", nullable=False))
    op.drop_column("catalog_draft", "edited_by")
    op.drop_column("catalog_draft", "publish_version")
