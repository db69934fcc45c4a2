"""create notifications: the in-app inbox"""

import sqlalchemy as sa
from alembic import op

revision = "0006_notifications"
down_revision = "0005_gamification"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifications_notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_notification"),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "uq_notifications_notification_cause", "notifications_notification", ["user_id", "dedupe_key"], unique=True
    )
    op.create_index("ix_notifications_notification_newest", "notifications_notification", ["user_id", "id"])
    op.create_index(
        "ix_notifications_notification_unread",
        "notifications_notification",
        ["user_id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("notifications_notification")
