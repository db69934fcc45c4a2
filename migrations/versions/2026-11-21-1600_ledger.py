"""What an entry of the ledger was worth by itself, what a day brought, boosts, and days on which a goal was reached."""

import sqlalchemy as sa
from alembic import op

revision = "0036_ledger"
down_revision = "0035_progress"
branch_labels = None
depends_on = None

_DAYS = """
    UPDATE gamification_balance b SET day_on = d.local_on, day_xp = d.xp
    FROM (
        SELECT DISTINCT ON (user_id) user_id, local_on, sum(amount)::int AS xp
        FROM gamification_xp_entry GROUP BY user_id, local_on ORDER BY user_id, local_on DESC
    ) d WHERE d.user_id = b.user_id
"""


def upgrade() -> None:
    op.add_column("gamification_xp_entry", sa.Column("points", sa.Integer()))
    op.add_column("gamification_xp_entry", sa.Column("factor", sa.SmallInteger(), nullable=False, server_default="1"))
    op.add_column("gamification_xp_entry", sa.Column("easy", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_gamification_xp_entry_day",
        "gamification_xp_entry",
        ["user_id", "local_on"],
        postgresql_include=["amount"],
    )
    op.add_column("gamification_balance", sa.Column("day_on", sa.Date()))
    op.add_column("gamification_balance", sa.Column("day_xp", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("gamification_balance", sa.Column("day_easy_xp", sa.Integer(), nullable=False, server_default="0"))
    op.execute(_DAYS)
    op.create_table(
        "gamification_boost",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("factor", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("factor BETWEEN 2 AND 5 AND starts_at < ends_at", name="boost"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_gamification_boost_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gamification_boost"),
    )
    op.create_index("uq_gamification_boost_cause", "gamification_boost", ["user_id", "cause"], unique=True)
    op.create_index("ix_gamification_boost_ends_at", "gamification_boost", ["user_id", "ends_at"])
    op.create_table(
        "gamification_goal_day",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.Column("goal_xp", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_gamification_goal_day_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "local_on", name="pk_gamification_goal_day"),
    )


def downgrade() -> None:
    op.drop_table("gamification_goal_day")
    op.drop_table("gamification_boost")
    for name in ("day_easy_xp", "day_xp", "day_on"):
        op.drop_column("gamification_balance", name)
    op.drop_index("ix_gamification_xp_entry_day", "gamification_xp_entry")
    for name in ("easy", "factor", "points"):
        op.drop_column("gamification_xp_entry", name)
