"""create gamification: leagues, members, XP ledger, balances, streaks, session results"""

import sqlalchemy as sa
from alembic import op

revision = "0005_gamification"
down_revision = "0004_learning"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "gamification_league",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("members", sa.SmallInteger(), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_gamification_league"),
        sa.CheckConstraint("members BETWEEN 0 AND 30", name=op.f("ck_gamification_league_members")),
    )
    op.create_index("uq_gamification_league_number", "gamification_league", ["week_on", "tier", "number"], unique=True)
    op.create_index(
        "ix_gamification_league_open",
        "gamification_league",
        ["week_on", "tier", "number"],
        postgresql_where=sa.text("members < 30"),
    )
    op.create_table(
        "gamification_league_member",
        sa.Column("league_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        _now("joined_at"),
        sa.Column("last_xp_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("league_id", "user_id", name="pk_gamification_league_member"),
        sa.ForeignKeyConstraint(["league_id"], ["gamification_league.id"], ondelete="CASCADE"),
        _of_user(),
    )
    op.create_index(
        "uq_gamification_league_member_week", "gamification_league_member", ["user_id", "week_on"], unique=True
    )
    op.create_table(
        "gamification_xp_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("league_id", sa.Uuid(), nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("xp_total_after", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gamification_xp_entry"),
        _of_user(),
        sa.ForeignKeyConstraint(["league_id"], ["gamification_league.id"]),
    )
    op.create_index("uq_gamification_xp_entry_cause", "gamification_xp_entry", ["user_id", "cause"], unique=True)
    op.create_index("ix_gamification_xp_entry_league", "gamification_xp_entry", ["league_id", "user_id"])
    op.execute("""
        CREATE FUNCTION gamification_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a ledger entry is never changed: add one that corrects it'; END $$
    """)
    op.execute("""
        CREATE TRIGGER gamification_xp_entry_append_only BEFORE UPDATE ON gamification_xp_entry
        FOR EACH STATEMENT EXECUTE FUNCTION gamification_refuse_update()
    """)
    op.create_table(
        "gamification_balance",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("xp", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_gamification_balance"),
        _of_user(),
    )
    op.create_table(
        "gamification_streak",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("current_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("longest_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_on", sa.Date()),
        sa.PrimaryKeyConstraint("user_id", name="pk_gamification_streak"),
        _of_user(),
    )
    op.create_table(
        "gamification_session_result",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("session_id", name="pk_gamification_session_result"),
        sa.ForeignKeyConstraint(["session_id"], ["learning_session.id"], ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("gamification_session_result")
    op.drop_table("gamification_streak")
    op.drop_table("gamification_balance")
    op.drop_table("gamification_xp_entry")
    op.execute("DROP FUNCTION gamification_refuse_update()")
    op.drop_table("gamification_league_member")
    op.drop_table("gamification_league")
