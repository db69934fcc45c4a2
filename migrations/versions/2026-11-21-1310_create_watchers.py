"""Invitations to watch a session, and when a session was last active."""

import sqlalchemy as sa
from alembic import op

revision = "0012_watchers"
down_revision = "0011_tickets"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column(
        "learning_session", sa.Column("active_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False)
    )
    op.execute("""
        UPDATE learning_session s SET active_at = coalesce(s.completed_at, (
            SELECT max(a.answered_at) FROM learning_answer a WHERE a.session_id = s.id), s.created_at)
    """)
    op.drop_index("ix_learning_session_learner", "learning_session")
    op.create_index("ix_learning_session_learner", "learning_session", ["user_id", "id"])
    op.create_table(
        "learning_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watcher_id", sa.Uuid()),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_learning_invitation"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name="fk_learning_invitation_session_id_learning_session",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["watcher_id"],
            ["identity_user.id"],
            name="fk_learning_invitation_watcher_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("code_hash", name="uq_learning_invitation_code_hash"),
    )
    op.create_index("ix_learning_invitation_session_id", "learning_invitation", ["session_id"])
    op.create_index("ix_learning_invitation_expires_at", "learning_invitation", ["expires_at"])
    op.create_index("ix_learning_invitation_watcher", "learning_invitation", ["watcher_id", "session_id"])


def downgrade() -> None:
    op.drop_table("learning_invitation")
    op.drop_index("ix_learning_session_learner", "learning_session")
    op.create_index("ix_learning_session_learner", "learning_session", ["user_id", "lesson_id"])
    op.drop_column("learning_session", "active_at")
