"""Reports of learners about exercises, what became of them, and answers that are graded anew."""

revision = "0034_reports"
down_revision = "0033_sync"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
