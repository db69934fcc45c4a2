"""Scoped roles, why somebody is banned, who looks through another's eyes, and what staff search by."""

import sqlalchemy as sa
from alembic import op

revision = "0025_admin"
down_revision = "0024_sessions"
branch_labels = None
depends_on = None

_SEARCHED = ("email", "name")


def upgrade() -> None:
    op.create_table(
        "identity_scoped_role",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("within_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_identity_scoped_role_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role", "kind", "within_id", name="pk_identity_scoped_role"),
    )
    op.add_column("identity_user", sa.Column("ban_reason", sa.Text()))
    op.add_column("identity_session", sa.Column("actor_id", sa.Uuid()))
    op.create_index(
        "ix_identity_session_actor_id",
        "identity_session",
        ["actor_id"],
        postgresql_where=sa.text("actor_id IS NOT NULL"),
    )
    for column in _SEARCHED:
        op.create_index(
            f"ix_identity_user_{column}_begins", "identity_user", [sa.text(f"lower({column}) text_pattern_ops")]
        )


def downgrade() -> None:
    for column in _SEARCHED:
        op.drop_index(f"ix_identity_user_{column}_begins", "identity_user")
    op.drop_index("ix_identity_session_actor_id", "identity_session")
    op.drop_column("identity_session", "actor_id")
    op.drop_column("identity_user", "ban_reason")
    op.drop_table("identity_scoped_role")
