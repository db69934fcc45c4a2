"""How often the board of a league became another one than more XP makes of it."""

import sqlalchemy as sa
from alembic import op

revision = "0043_league_moves"
down_revision = "0042_unseen"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gamification_league", sa.Column("moves", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("gamification_league", "moves")
