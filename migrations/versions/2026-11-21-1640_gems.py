"""Gems as a ledger of their own with a purse for each learner, and quests that two friends do together."""

import sqlalchemy as sa
from alembic import op

revision = "0040_gems"
down_revision = "0039_boards"
branch_labels = None
depends_on = None


def _of_user(table: str, column: str = "user_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["identity_user.id"], name=f"fk_{table}_{column}_identity_user", ondelete="CASCADE"
    )


def _created() -> sa.Column[sa.DateTime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def upgrade() -> None:
    op.create_table(
        "gamification_gem_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        _created(),
        sa.CheckConstraint("amount <> 0", name="ck_gamification_gem_entry_amount"),
        _of_user("gamification_gem_entry"),
        sa.PrimaryKeyConstraint("id", name="pk_gamification_gem_entry"),
    )
    op.create_index("uq_gamification_gem_entry_cause", "gamification_gem_entry", ["user_id", "cause"], unique=True)
    op.create_index("ix_gamification_gem_entry_user_id", "gamification_gem_entry", ["user_id", "id"])
    op.execute("""
        CREATE TRIGGER gamification_gem_entry_append_only BEFORE UPDATE ON gamification_gem_entry
        FOR EACH STATEMENT EXECUTE FUNCTION gamification_refuse_update()
    """)
    op.create_table(
        "gamification_purse",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("gems", sa.Integer(), nullable=False),
        sa.CheckConstraint("gems >= 0", name="ck_gamification_purse_gems"),
        _of_user("gamification_purse"),
        sa.PrimaryKeyConstraint("user_id", name="pk_gamification_purse"),
    )
    op.create_table(
        "gamification_friend_quest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quest", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("gems", sa.Integer(), nullable=False),
        sa.Column("inviter_id", sa.Uuid(), nullable=False),
        sa.Column("invitee_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        _created(),
        sa.CheckConstraint("inviter_id <> invitee_id", name="ck_gamification_friend_quest_two"),
        _of_user("gamification_friend_quest", "inviter_id"),
        _of_user("gamification_friend_quest", "invitee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gamification_friend_quest"),
    )
    op.create_index("ix_gamification_friend_quest_inviter_id", "gamification_friend_quest", ["inviter_id"])
    op.create_index("ix_gamification_friend_quest_invitee_id", "gamification_friend_quest", ["invitee_id"])
    op.create_index(
        "uq_gamification_friend_quest_invited",
        "gamification_friend_quest",
        ["inviter_id", "invitee_id"],
        unique=True,
        postgresql_where=sa.text("began_at IS NULL"),
    )
    op.create_table(
        "gamification_friend_quest_member",
        sa.Column("quest_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["quest_id"],
            ["gamification_friend_quest.id"],
            name="fk_gamification_friend_quest_member_quest_id_friend_quest",
            ondelete="CASCADE",
        ),
        _of_user("gamification_friend_quest_member"),
        sa.PrimaryKeyConstraint("quest_id", "user_id", name="pk_gamification_friend_quest_member"),
    )
    op.create_index(
        "uq_gamification_friend_quest_member_running",
        "gamification_friend_quest_member",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("running"),
    )


def downgrade() -> None:
    for table in ("friend_quest_member", "friend_quest", "purse", "gem_entry"):
        op.drop_table(f"gamification_{table}")
