"""Create login places: the addresses where an account has logged in."""

import sqlalchemy as sa
from alembic import op

revision = "0007_login_places"
down_revision = "0006_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_login_place",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_identity_login_place_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "address", name="pk_identity_login_place"),
    )
    op.create_index("ix_identity_login_place_last_login_at", "identity_login_place", ["last_login_at"])


def downgrade() -> None:
    op.drop_table("identity_login_place")
