"""The course of an entry of the ledger, and standings on the boards of all and of each course; out of the ledger.

The rules are written out here as they were when this was written, whatever becomes of the code.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039_boards"
down_revision = "0038_leagues"
branch_labels = None
depends_on = None

_TRIGGER = "ALTER TABLE gamification_xp_entry {} TRIGGER gamification_xp_entry_append_only"
_COURSES = """
    UPDATE gamification_xp_entry e SET course_id = s.course_id FROM learning_session s
    WHERE s.user_id = e.user_id
        AND e.cause IN ('lesson:' || s.id, 'practice:' || s.id, 'regrade:' || s.id)
"""
_VIEWED = """
    UPDATE gamification_xp_entry e SET course_id = p.course_id FROM learning_lesson_progress p
    WHERE p.user_id = e.user_id AND e.cause = 'view:' || p.lesson_id
"""
_SCORE = (
    "(-{0} * 1073741824::bigint"
    " + least(greatest(floor(extract(epoch FROM max(last_at)))::bigint - 1735689600, 0), 1073741823))"
)
_XP = {
    "day": "sum(xp) FILTER (WHERE on_day = latest)",
    "week": "sum(xp) FILTER (WHERE date_trunc('week', on_day::timestamp) = date_trunc('week', latest::timestamp))",
    "month": "sum(xp) FILTER (WHERE date_trunc('month', on_day::timestamp) = date_trunc('month', latest::timestamp))",
    "all": "sum(xp)",
}
_STANDINGS = f"""
    INSERT INTO gamification_standing (scope_id, user_id, entries, last_xp_at, day_on, day_score, week_on, week_score,
        month_on, month_score, all_score, changed_at)
    SELECT scope_id, user_id, sum(entries), max(last_at), max(on_day), {_SCORE.format(_XP["day"])},
        date_trunc('week', max(on_day)::timestamp)::date, {_SCORE.format(_XP["week"])},
        date_trunc('month', max(on_day)::timestamp)::date, {_SCORE.format(_XP["month"])},
        {_SCORE.format(_XP["all"])}, clock_timestamp()
    FROM (
        SELECT d.*, max(on_day) OVER (PARTITION BY scope_id, user_id) AS latest
        FROM (
            SELECT s.scope_id, e.user_id, (e.occurred_at AT TIME ZONE 'UTC')::date AS on_day, count(*) AS entries,
                sum(e.amount)::bigint AS xp, max(e.occurred_at) AS last_at
            FROM gamification_xp_entry e
            CROSS JOIN LATERAL (VALUES ('00000000-0000-0000-0000-000000000000'::uuid), (e.course_id)) s (scope_id)
            WHERE e.league_id IS NOT NULL AND s.scope_id IS NOT NULL
            GROUP BY 1, 2, 3
        ) d
    ) day GROUP BY scope_id, user_id
"""


def upgrade() -> None:
    op.add_column("gamification_xp_entry", sa.Column("course_id", sa.Uuid()))
    op.execute(_TRIGGER.format("DISABLE"))
    op.execute(_COURSES)
    op.execute(_VIEWED)
    op.execute(_TRIGGER.format("ENABLE"))
    op.create_index(
        "ix_gamification_xp_entry_ranked",
        "gamification_xp_entry",
        ["user_id"],
        postgresql_include=["course_id", "occurred_at", "amount"],
        postgresql_where=sa.text("league_id IS NOT NULL"),
    )
    op.create_table(
        "gamification_standing",
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("last_xp_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_on", sa.Date()),
        sa.Column("day_score", sa.BigInteger()),
        sa.Column("week_on", sa.Date()),
        sa.Column("week_score", sa.BigInteger()),
        sa.Column("month_on", sa.Date()),
        sa.Column("month_score", sa.BigInteger()),
        sa.Column("all_score", sa.BigInteger()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_gamification_standing_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scope_id", "user_id", name="pk_gamification_standing"),
    )
    op.create_index("ix_gamification_standing_user_id", "gamification_standing", ["user_id"])
    op.create_index("ix_gamification_standing_changed_at", "gamification_standing", ["changed_at"])
    for period in ("day", "week", "month"):
        op.create_index(
            f"ix_gamification_standing_{period}",
            "gamification_standing",
            ["scope_id", f"{period}_on", f"{period}_score", "user_id"],
        )
    op.create_index("ix_gamification_standing_all", "gamification_standing", ["scope_id", "all_score", "user_id"])
    op.execute(_STANDINGS)


def downgrade() -> None:
    op.drop_table("gamification_standing")
    op.drop_index("ix_gamification_xp_entry_ranked", "gamification_xp_entry")
    op.drop_column("gamification_xp_entry", "course_id")
