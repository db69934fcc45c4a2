"""What members of a league are called who take part unseen, what somebody wears, and how often a purse has changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042_unseen"
down_revision = "0041_achievements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "gamification_league",
        sa.Column("salt", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.add_column("gamification_purse", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "profiles_profile",
        sa.Column("wears", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("profiles_profile", "wears")
    op.drop_column("gamification_purse", "version")
    op.drop_column("gamification_league", "salt")
