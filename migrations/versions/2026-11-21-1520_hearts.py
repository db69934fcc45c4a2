"""Hearts of a learner, and what keeps a session off boards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032_hearts"
down_revision = "0031_schedule"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learning_hearts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_learning_hearts_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_learning_hearts"),
    )
    # Room on each page for the next version of its rows: no index but the key's has to follow them.
    op.execute("ALTER TABLE learning_hearts SET (fillfactor = 80)")
    # Whoever has a session goes on with all their hearts: until now each session had its own.
    op.execute("""
        INSERT INTO learning_hearts (user_id, full_at)
        SELECT user_id, min(created_at) FROM learning_session GROUP BY user_id
    """)
    op.add_column(
        "learning_session",
        sa.Column("marks", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.alter_column("gamification_xp_entry", "league_id", nullable=True)
    op.create_index(
        "ix_gamification_xp_entry_unranked",
        "gamification_xp_entry",
        ["user_id", "id"],
        postgresql_where=sa.text("league_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_gamification_xp_entry_unranked", "gamification_xp_entry")
    op.drop_column("learning_session", "marks")
    op.drop_table("learning_hearts")
