"""Achievements that were reached, and which one a line of the feed tells of."""

import sqlalchemy as sa
from alembic import op

revision = "0041_achievements"
down_revision = "0040_gems"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gamification_achievement",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("achievement", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("gems", sa.Integer(), nullable=False),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["identity_user.id"],
            name="fk_gamification_achievement_user_id_identity_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "achievement", "level", name="pk_gamification_achievement"),
    )
    op.add_column("profiles_activity", sa.Column("achievement", sa.Text()))
    op.add_column("profiles_activity", sa.Column("level", sa.SmallInteger()))


def downgrade() -> None:
    op.drop_column("profiles_activity", "level")
    op.drop_column("profiles_activity", "achievement")
    op.drop_table("gamification_achievement")
