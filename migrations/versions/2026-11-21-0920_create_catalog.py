"""create catalog"""

import sqlalchemy as sa
from alembic import op

revision = "0003_catalog"
down_revision = "0002_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("source_language", sa.Text(), nullable=False),
        sa.Column("target_language", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("exercises", sa.Integer(), nullable=False),
        sa.Column("published_revision_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_course"),
        sa.UniqueConstraint("slug", name="uq_catalog_course_slug"),
    )
    op.create_table(
        "catalog_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_revision"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_revision_course", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("course_id", "number", name="uq_catalog_revision_number"),
    )
    op.create_table(
        "catalog_node",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_node"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_node_course", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("course_id", "kind", "key", name="uq_catalog_node_key"),
    )
    op.create_foreign_key(
        "fk_catalog_course_published_revision",
        "catalog_course",
        "catalog_revision",
        ["published_revision_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint("fk_catalog_course_published_revision", "catalog_course", type_="foreignkey")
    op.drop_table("catalog_node")
    op.drop_table("catalog_revision")
    op.drop_table("catalog_course")
