"""Create tickets: what a client that cannot send headers shows once to open a socket."""

import sqlalchemy as sa
from alembic import op

revision = "0011_tickets"
down_revision = "0010_deliveries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_ticket",
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["identity_session.id"],
            name="fk_identity_ticket_session_id_identity_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_hash", name="pk_identity_ticket"),
    )
    op.create_index("ix_identity_ticket_session_id", "identity_ticket", ["session_id"])
    op.create_index("ix_identity_ticket_expires_at", "identity_ticket", ["expires_at"])


def downgrade() -> None:
    op.drop_table("identity_ticket")
