"""Gamification: days that were kept for a streak, freezes, and streaks of friends."""

import sqlalchemy as sa
from alembic import op

revision = "0037_streaks"
down_revision = "0036_ledger"
branch_labels = None
depends_on = None


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_identity_user"
    return sa.ForeignKeyConstraint([column], ["identity_user.id"], name=name, ondelete="CASCADE")


def _created_at() -> sa.Column[sa.DateTime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def upgrade() -> None:
    op.create_table(
        "gamification_freeze",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("gained_on", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        _created_at(),
        _person("gamification_freeze", "user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gamification_freeze"),
    )
    op.create_index("uq_gamification_freeze_cause", "gamification_freeze", ["user_id", "cause"], unique=True)
    op.create_table(
        "gamification_streak_kept",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("freeze_id", sa.Uuid()),
        sa.Column("time_zone", sa.Text(), nullable=False),
        _created_at(),
        _person("gamification_streak_kept", "user_id"),
        sa.ForeignKeyConstraint(
            ["freeze_id"],
            ["gamification_freeze.id"],
            name="fk_gamification_streak_kept_freeze_id_gamification_freeze",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("user_id", "local_on", name="pk_gamification_streak_kept"),
    )
    op.create_index("ix_gamification_streak_kept_freeze_id", "gamification_streak_kept", ["freeze_id"])
    op.create_table(
        "gamification_friend_streak",
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("asked_id", sa.Uuid(), nullable=False),
        sa.Column("began_on", sa.Date()),
        _created_at(),
        _person("gamification_friend_streak", "asker_id"),
        _person("gamification_friend_streak", "asked_id"),
        sa.PrimaryKeyConstraint("asker_id", "asked_id", name="pk_gamification_friend_streak"),
    )
    op.create_index("ix_gamification_friend_streak_asked_id", "gamification_friend_streak", ["asked_id"])


def downgrade() -> None:
    op.drop_table("gamification_friend_streak")
    op.drop_table("gamification_streak_kept")
    op.drop_table("gamification_freeze")
