"""Hearts of a learner, and what keeps a session off boards."""

revision = "0032_hearts"
down_revision = "0031_schedule"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
