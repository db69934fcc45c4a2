"""create the kernel: outbox, deliveries, idempotent answers"""

import sqlalchemy as sa
from alembic import op

revision = "0001_kernel"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kernel_outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_kernel_outbox"),
    )
    op.create_index(
        "ix_kernel_outbox_undispatched",
        "kernel_outbox",
        ["lease_until"],
        postgresql_where=sa.text("dispatched_at IS NULL"),
    )
    op.create_index(
        "ix_kernel_outbox_dispatched",
        "kernel_outbox",
        ["dispatched_at"],
        postgresql_where=sa.text("dispatched_at IS NOT NULL"),
    )
    op.create_table(
        "kernel_delivery",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("event_id", "subscription", name="pk_kernel_delivery"),
        sa.ForeignKeyConstraint(["event_id"], ["kernel_outbox.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "ix_kernel_delivery_due", "kernel_delivery", ["due_at"], postgresql_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "ix_kernel_delivery_dead", "kernel_delivery", ["finished_at"], postgresql_where=sa.text("state = 'dead'")
    )
    op.create_table(
        "kernel_idempotent_answer",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "key", name="pk_kernel_idempotent_answer"),
    )
    op.create_index("ix_kernel_idempotent_answer_created_at", "kernel_idempotent_answer", ["created_at"])


def downgrade() -> None:
    op.drop_table("kernel_idempotent_answer")
    op.drop_table("kernel_delivery")
    op.drop_table("kernel_outbox")
