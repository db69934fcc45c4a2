"""What lists and search show of courses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051_search"
down_revision = "0050_authoring"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "catalog_course", sa.Column("prerequisites", sa.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("catalog_course", sa.Column("title_order", sa.Text(collation="C"), server_default="", nullable=False))
    op.add_column("catalog_course", sa.Column("new_learners", sa.Integer(), server_default="0", nullable=False))
    op.add_column("catalog_course", sa.Column("new_completions", sa.Integer(), server_default="0", nullable=False))
    op.add_column("catalog_course", sa.Column("counted_days", sa.Integer(), server_default="0", nullable=False))
    op.add_column("catalog_course", sa.Column("counted_at", sa.DateTime(timezone=True)))
    # `lyceum rebuild search` does it as it should be; until then the list has an order.
    op.execute("UPDATE catalog_course SET title_order = lower(title)")
    op.create_index(
        "ix_catalog_course_title",
        "catalog_course",
        ["title_order", "id"],
        postgresql_where=sa.text("published_revision_id IS NOT NULL AND retired_at IS NULL"),
    )
    op.create_table(
        "catalog_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_catalog_search_course", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_search"),
    )
    op.create_index("ix_catalog_search_course", "catalog_search", ["course_id"])
    op.create_index(
        "ix_catalog_search_words",
        "catalog_search",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    )
    op.create_table(
        "catalog_search_word",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_catalog_search_word"),
    )


def downgrade() -> None:
    op.drop_table("catalog_search_word")
    op.drop_table("catalog_search")
    for column in ("prerequisites", "title_order", "new_learners", "new_completions", "counted_days", "counted_at"):
        op.drop_column("catalog_course", column)
