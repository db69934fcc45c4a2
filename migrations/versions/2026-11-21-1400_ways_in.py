"""Accounts without an e-mail address, how login sessions were opened, and the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020_entry"
down_revision = "0013_classrooms"
branch_labels = None
depends_on = None

# Entries go only once they are old, so that nobody who gets at the table can hide what was done a moment ago.
_GUARD = """
CREATE FUNCTION identity_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND (OLD.at < now() - interval '1 year' OR current_setting('lyceum.emptying', true) = 'on') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER identity_audit_guard BEFORE UPDATE OR DELETE ON identity_audit
    FOR EACH ROW EXECUTE FUNCTION identity_audit_guard();
"""


def upgrade() -> None:
    op.alter_column("identity_user", "email", nullable=True)
    op.add_column("identity_user", sa.Column("email_verified_at", sa.DateTime(timezone=True)))
    op.add_column("identity_user", sa.Column("password_changed_at", sa.DateTime(timezone=True)))
    op.add_column("identity_session", sa.Column("method", sa.Text(), nullable=False, server_default="password"))
    op.add_column(
        "identity_session",
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "identity_audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("detail", JSONB(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_identity_audit"),
    )
    op.create_index("ix_identity_audit_user_id", "identity_audit", ["user_id", "id"])
    op.create_index("ix_identity_audit_actor_id", "identity_audit", ["actor_id", "id"])
    op.create_index("ix_identity_audit_action", "identity_audit", ["action", "id"])
    for statement in _GUARD.split(";\nCREATE TRIGGER"):
        op.execute(
            statement if "FUNCTION identity_audit_guard() RETURNS" in statement else "CREATE TRIGGER" + statement
        )


def downgrade() -> None:
    op.drop_table("identity_audit")
    op.execute("DROP FUNCTION identity_audit_guard")
    op.drop_column("identity_session", "authenticated_at")
    op.drop_column("identity_session", "method")
    op.drop_column("identity_user", "password_changed_at")
    op.drop_column("identity_user", "email_verified_at")
    op.alter_column("identity_user", "email", nullable=False)
