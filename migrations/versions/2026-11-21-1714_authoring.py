"""What authors work on: drafts, who works on a course, their remarks, what was published when, imports, categories."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050_authoring"
down_revision = "0042_media"
branch_labels = None
depends_on = None

_FIRST_PUBLISHED = """
    UPDATE catalog_course c
    SET published_at = (SELECT min(r.published_at) FROM catalog_revision r WHERE r.course_id = c.id)
    WHERE c.published_revision_id IS NOT NULL
"""
_FIRST_LINES = """
    INSERT INTO catalog_publish_log (id, course_id, revision_id, action, at)
    SELECT r.id, r.course_id, r.id, 'published', r.published_at FROM catalog_revision r
"""


def upgrade() -> None:
    op.add_column("catalog_course", sa.Column("level", sa.Text(), server_default="", nullable=False))
    op.add_column("catalog_course", sa.Column("categories", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("catalog_course", sa.Column("topics", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("catalog_course", sa.Column("tags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("catalog_course", sa.Column("licence", sa.Text(), server_default="", nullable=False))
    op.add_column("catalog_course", sa.Column("image", postgresql.JSONB()))
    op.add_column("catalog_course", sa.Column("published_at", sa.DateTime(timezone=True)))
    op.add_column("catalog_course", sa.Column("retired_at", sa.DateTime(timezone=True)))
    op.execute(_FIRST_PUBLISHED)
    op.create_table(
        "catalog_draft",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("course_version", sa.Integer(), nullable=False),
        sa.Column("clean_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("review_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("approved_version", sa.Integer()),
        sa.Column("publish_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_draft_course", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", name="pk_catalog_draft"),
    )
    op.create_index(
        "ix_catalog_draft_publish_at",
        "catalog_draft",
        ["publish_at"],
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )
    op.create_table(
        "catalog_draft_node",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_with", sa.Uuid()),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_draft.course_id"], name="fk_catalog_draft_node_course", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["id"], ["catalog_node.id"], name="fk_catalog_draft_node_node", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["catalog_draft_node.id"], name="fk_catalog_draft_node_parent", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_draft_node"),
    )
    op.create_index("ix_catalog_draft_node_course", "catalog_draft_node", ["course_id"])
    op.create_index("ix_catalog_draft_node_parent", "catalog_draft_node", ["parent_id", "position"])
    op.create_table(
        "catalog_publish_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid()),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["identity_user.id"], name="fk_catalog_publish_log_by", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_publish_log_course", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["catalog_revision.id"], name="fk_catalog_publish_log_revision", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_publish_log"),
    )
    op.create_index("ix_catalog_publish_log_by_id", "catalog_publish_log", ["by_id"])
    op.create_index("ix_catalog_publish_log_course", "catalog_publish_log", ["course_id", "id"])
    op.create_table(
        "catalog_collaborator",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_collaborator_course", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_catalog_collaborator_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_catalog_collaborator"),
    )
    op.create_index(
        "uq_catalog_collaborator_owner",
        "catalog_collaborator",
        ["course_id"],
        unique=True,
        postgresql_where=sa.text("role = 'owner'"),
    )
    op.create_index("ix_catalog_collaborator_user_id", "catalog_collaborator", ["user_id"])
    op.create_table(
        "catalog_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid()),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_by", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["identity_user.id"], name="fk_catalog_comment_author", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_comment_course", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["node_id"], ["catalog_node.id"], name="fk_catalog_comment_node", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_comment"),
    )
    op.create_index("ix_catalog_comment_author_id", "catalog_comment", ["author_id"])
    op.create_index("ix_catalog_comment_course", "catalog_comment", ["course_id", "id"])
    op.create_table(
        "catalog_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid()),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("report", postgresql.JSONB()),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_import_course", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["identity_user.id"], name="fk_catalog_import_owner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_import"),
    )
    op.create_index("ix_catalog_import_open", "catalog_import", ["id"], postgresql_where=sa.text("finished_at IS NULL"))
    op.create_index("ix_catalog_import_owner", "catalog_import", ["owner_id", "id"])
    op.create_table(
        "catalog_category",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("parent", sa.Text()),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"], ["catalog_category.slug"], name="fk_catalog_category_parent", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("slug", name="pk_catalog_category"),
    )
    op.execute(_FIRST_LINES)


def downgrade() -> None:
    op.drop_table("catalog_category")
    op.drop_table("catalog_import")
    op.drop_table("catalog_comment")
    op.drop_table("catalog_collaborator")
    op.drop_table("catalog_publish_log")
    op.drop_table("catalog_draft_node")
    op.drop_table("catalog_draft")
    for column in (
        "retired_at",
        "published_at",
        "image",
        "licence",
        "tags",
        "topics",
        "categories",
        "level",
    ):
        op.drop_column("catalog_course", column)
