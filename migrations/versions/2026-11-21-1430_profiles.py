"""Profiles, handles, friends and whom else people follow, block or report, and what friends see of each other."""

import sqlalchemy as sa
from alembic import op

revision = "0026_profiles"
down_revision = "0025_admin"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.func.now() if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_profiles_profile"
    return sa.ForeignKeyConstraint([column], ["profiles_profile.user_id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.add_column("identity_user", sa.Column("time_zone_changed_at", sa.DateTime(timezone=True)))
    op.create_table(
        "profiles_profile",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False, server_default=""),
        sa.Column("visibility", sa.Text(), nullable=False, server_default="friends"),
        _moment("handle_changed_at", nullable=True),
        sa.Column("sound", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("daily_goal_xp", sa.Integer(), nullable=False, server_default="20"),
        sa.Column("hearts", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("leagues", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("streaks", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_profiles_profile_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_profiles_profile"),
    )
    op.execute("INSERT INTO profiles_profile (user_id) SELECT id FROM identity_user")
    op.create_table(
        "profiles_handle",
        sa.Column("handle", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("kept_until", nullable=True),
        _person("profiles_handle", "user_id"),
        sa.PrimaryKeyConstraint("handle", name="pk_profiles_handle"),
    )
    op.create_index(
        "uq_profiles_handle_current",
        "profiles_handle",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("kept_until IS NULL"),
    )
    op.create_index(
        "ix_profiles_handle_former",
        "profiles_handle",
        ["kept_until"],
        postgresql_where=sa.text("kept_until IS NOT NULL"),
    )
    op.create_table(
        "profiles_bond",
        sa.Column("low_id", sa.Uuid(), nullable=False),
        sa.Column("high_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        _moment("at"),
        sa.CheckConstraint("low_id < high_id AND asker_id IN (low_id, high_id)", name="ck_profiles_bond_pair"),
        _person("profiles_bond", "low_id"),
        _person("profiles_bond", "high_id"),
        sa.PrimaryKeyConstraint("low_id", "high_id", name="pk_profiles_bond"),
    )
    op.create_index("ix_profiles_bond_high_id", "profiles_bond", ["high_id"])
    op.create_index("ix_profiles_bond_open", "profiles_bond", ["at"], postgresql_where=sa.text("state <> 'friends'"))
    op.create_table(
        "profiles_follow",
        sa.Column("follower_id", sa.Uuid(), nullable=False),
        sa.Column("followed_id", sa.Uuid(), nullable=False),
        _moment("at"),
        _person("profiles_follow", "follower_id"),
        _person("profiles_follow", "followed_id"),
        sa.PrimaryKeyConstraint("follower_id", "followed_id", name="pk_profiles_follow"),
    )
    op.create_index("ix_profiles_follow_followed_id", "profiles_follow", ["followed_id"])
    op.create_table(
        "profiles_block",
        sa.Column("blocker_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("shown_name", sa.Text()),
        _moment("at"),
        _person("profiles_block", "blocker_id"),
        _person("profiles_block", "blocked_id"),
        sa.PrimaryKeyConstraint("blocker_id", "blocked_id", name="pk_profiles_block"),
    )
    op.create_index("ix_profiles_block_blocked_id", "profiles_block", ["blocked_id"])
    op.create_table(
        "profiles_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("reported_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shown_name", sa.Text(), nullable=False),
        sa.Column("shown_handle", sa.Text()),
        sa.Column("shown_bio", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="open"),
        sa.Column("handled_by", sa.Uuid()),
        _moment("handled_at", nullable=True),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        _moment("created_at", now=True),
        _person("profiles_report", "reporter_id"),
        _person("profiles_report", "reported_id"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles_report"),
    )
    op.create_index(
        "uq_profiles_report_open",
        "profiles_report",
        ["reporter_id", "reported_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'reviewing')"),
    )
    op.create_index("ix_profiles_report_reporter_id", "profiles_report", ["reporter_id", "created_at"])
    op.create_index("ix_profiles_report_reported_id", "profiles_report", ["reported_id"])
    op.create_index("ix_profiles_report_state", "profiles_report", ["state", "id"])
    op.create_table(
        "profiles_activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Uuid()),
        sa.Column("lesson_id", sa.Uuid()),
        sa.Column("days", sa.Integer()),
        _person("profiles_activity", "user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles_activity"),
    )
    op.create_index("ix_profiles_activity_user_id", "profiles_activity", ["user_id", "id"])
    op.create_index("uq_profiles_activity_cause", "profiles_activity", ["user_id", "cause"], unique=True)
    op.create_table(
        "profiles_kudos",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("at"),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["profiles_activity.id"],
            name="fk_profiles_kudos_activity_id_profiles_activity",
            ondelete="CASCADE",
        ),
        _person("profiles_kudos", "user_id"),
        sa.PrimaryKeyConstraint("activity_id", "user_id", name="pk_profiles_kudos"),
    )
    op.create_index("ix_profiles_kudos_user_id", "profiles_kudos", ["user_id"])


def downgrade() -> None:
    tables = ("kudos", "activity", "report", "block", "follow", "bond", "handle", "profile")
    for table in tables:
        op.drop_table(f"profiles_{table}")
    op.drop_column("identity_user", "time_zone_changed_at")
