"""Notifications by mail and push: deliveries, preferences, devices, announcements, tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_deliveries"
down_revision = "0009_unlimited_hearts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notifications_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notifications_key"),
    )
    op.create_table(
        "notifications_local_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_local_mail"),
        sa.UniqueConstraint("message_id", name="uq_notifications_local_mail_message_id"),
    )
    op.create_table(
        "notifications_suppression",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_notifications_suppression"),
    )
    op.create_table(
        "notifications_announcement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("channels", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reached", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["identity_user.id"], name="fk_notifications_announcement_author_id_identity_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_announcement"),
    )
    op.create_table(
        "notifications_attention",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("attended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_attention_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_notifications_attention"),
    )
    op.create_table(
        "notifications_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_delivery_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_delivery"),
    )
    op.create_index(
        "ix_notifications_delivery_digest",
        "notifications_delivery",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("state = 'digest'"),
    )
    op.create_index(
        "ix_notifications_delivery_due",
        "notifications_delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_notifications_delivery_sent", "notifications_delivery", ["user_id", "channel", "sent_at"], unique=False
    )
    op.create_index("ix_notifications_delivery_newest", "notifications_delivery", ["user_id", "id"], unique=False)
    op.create_index(
        "ix_notifications_delivery_old",
        "notifications_delivery",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('waiting', 'digest')"),
    )
    op.create_index(
        "uq_notifications_delivery_cause", "notifications_delivery", ["user_id", "dedupe_key", "channel"], unique=True
    )
    op.create_table(
        "notifications_mobile_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_mobile_device_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_mobile_device"),
        sa.UniqueConstraint("token", name="uq_notifications_mobile_device_token"),
    )
    op.create_index("ix_notifications_mobile_device_user_id", "notifications_mobile_device", ["user_id"], unique=False)
    op.create_table(
        "notifications_practice_hour",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_practice_hour_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "hour", name="pk_notifications_practice_hour"),
    )
    op.create_table(
        "notifications_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_preference_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "scope", "channel", name="pk_notifications_preference"),
    )
    op.create_table(
        "notifications_reminder",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_reminder_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "what", "local_on", name="pk_notifications_reminder"),
    )
    op.create_index("ix_notifications_reminder_due_at", "notifications_reminder", ["due_at"])
    op.create_table(
        "notifications_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_until", sa.SmallInteger(), nullable=True),
        sa.Column("digest_hour", sa.SmallInteger(), server_default="18", nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marketing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marketing_proof", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_settings_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_notifications_settings"),
    )
    op.create_table(
        "notifications_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("spam_score", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["identity_user.id"],
            name="fk_notifications_ticket_answered_by_identity_user",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_notifications_ticket_user_id_identity_user", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_ticket"),
        sa.UniqueConstraint("number", name="uq_notifications_ticket_number"),
    )
    op.create_index("ix_notifications_ticket_email", "notifications_ticket", [sa.text("lower(email)"), "created_at"])
    op.create_index("ix_notifications_ticket_queue", "notifications_ticket", ["state", "id"], unique=False)
    op.create_index(
        "ix_notifications_ticket_sender", "notifications_ticket", ["address_digest", "created_at"], unique=False
    )
    op.create_table(
        "notifications_web_push",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(), nullable=False),
        sa.Column("auth", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_notifications_web_push_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notifications_web_push"),
        sa.UniqueConstraint("endpoint", name="uq_notifications_web_push_endpoint"),
    )
    op.create_index("ix_notifications_web_push_user_id", "notifications_web_push", ["user_id"], unique=False)
    op.add_column("notifications_notification", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_learning_enrollment_course", "learning_enrollment", ["course_id", "user_id"])


def downgrade() -> None:
    op.drop_index("ix_learning_enrollment_course", "learning_enrollment")
    op.drop_column("notifications_notification", "archived_at")
    op.drop_table("notifications_web_push")
    op.drop_table("notifications_ticket")
    op.drop_table("notifications_settings")
    op.drop_table("notifications_reminder")
    op.drop_table("notifications_preference")
    op.drop_table("notifications_practice_hour")
    op.drop_table("notifications_mobile_device")
    op.drop_table("notifications_delivery")
    op.drop_table("notifications_attention")
    op.drop_table("notifications_announcement")
    op.drop_table("notifications_suppression")
    op.drop_table("notifications_local_mail")
    op.drop_table("notifications_key")
