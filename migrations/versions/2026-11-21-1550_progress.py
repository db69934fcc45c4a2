"""Progress through a course."""

revision = "0035_progress"
down_revision = "0034_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
