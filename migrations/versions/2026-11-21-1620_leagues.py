"""Seats of leagues as rows instead of a count, how a week ended for each, leaving a league, hidden in leagues."""

import sqlalchemy as sa
from alembic import op

revision = "0038_leagues"
down_revision = "0037_streaks"
branch_labels = None
depends_on = None

# Nobody can say any more whom those who are in it resemble: everybody else may join.
_SEATS = """
    INSERT INTO gamification_league_seat (league_id, number, week_on, tier, pace, utc_hours)
    SELECT l.id, s.number, l.week_on, l.tier, 0, 0
    FROM gamification_league l CROSS JOIN LATERAL generate_series(l.members + 1, 30) AS s (number)
    WHERE l.week_on >= date_trunc('week', now() AT TIME ZONE 'UTC')::date
"""
_MEMBERS = """
    UPDATE gamification_league l SET members = (
        SELECT least(count(*), 30) FROM gamification_league_member m WHERE m.league_id = l.id)
"""


def upgrade() -> None:
    op.create_table(
        "gamification_league_seat",
        sa.Column("league_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("pace", sa.SmallInteger(), nullable=False),
        sa.Column("utc_hours", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["league_id"],
            ["gamification_league.id"],
            name="fk_gamification_league_seat_league_id_gamification_league",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("league_id", "number", name="pk_gamification_league_seat"),
    )
    op.create_index("ix_gamification_league_seat_week_on", "gamification_league_seat", ["week_on", "tier"])
    op.execute(_SEATS)
    op.drop_index("ix_gamification_league_open", "gamification_league")
    op.drop_column("gamification_league", "members")
    op.add_column("gamification_league", sa.Column("finalised_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_gamification_league_unfinished",
        "gamification_league",
        ["week_on", "id"],
        postgresql_where=sa.text("finalised_at IS NULL"),
    )
    op.add_column("gamification_league_member", sa.Column("left_at", sa.DateTime(timezone=True)))
    op.add_column("gamification_league_member", sa.Column("final_rank", sa.SmallInteger()))
    op.add_column("gamification_league_member", sa.Column("tier_after", sa.SmallInteger()))
    op.add_column(
        "profiles_profile", sa.Column("leagues_hidden", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("profiles_profile", "leagues_hidden")
    for name in ("tier_after", "final_rank", "left_at"):
        op.drop_column("gamification_league_member", name)
    op.drop_index("ix_gamification_league_unfinished", "gamification_league")
    op.drop_column("gamification_league", "finalised_at")
    op.add_column("gamification_league", sa.Column("members", sa.SmallInteger(), nullable=False, server_default="0"))
    op.execute(_MEMBERS)
    op.alter_column("gamification_league", "members", server_default=None)
    op.create_check_constraint("members", "gamification_league", "members BETWEEN 0 AND 30")
    op.create_index(
        "ix_gamification_league_open",
        "gamification_league",
        ["week_on", "tier", "number"],
        postgresql_where=sa.text("members < 30"),
    )
    op.drop_table("gamification_league_seat")
