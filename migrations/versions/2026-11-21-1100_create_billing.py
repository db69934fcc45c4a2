"""create billing"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_billing"
down_revision = "0007_login_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Numbers the look-ups at a provider, so that an early one that comes back late is told from a late one.
    op.execute("CREATE SEQUENCE billing_lookup")
    op.create_table(
        "billing_coupon",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("percent_bp", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("duration", sa.Text(), server_default="once", nullable=False),
        sa.Column("cycles", sa.Integer(), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("most_uses_per_person", sa.Integer(), server_default="1", nullable=True),
        sa.Column("product_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(percent_bp IS NULL) <> (amount_minor IS NULL)", name="ck_billing_coupon_ck_billing_coupon_worth"
        ),
        sa.CheckConstraint("percent_bp BETWEEN 1 AND 10000", name="ck_billing_coupon_ck_billing_coupon_percent"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_coupon"),
        sa.UniqueConstraint("code", name="uq_billing_coupon_code"),
    )
    op.create_table(
        "billing_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("dispute_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_billing_dispute"),
        sa.UniqueConstraint("provider", "dispute_ref", name="uq_billing_dispute_ref"),
    )
    op.create_index("ix_billing_dispute_payment", "billing_dispute", ["provider", "payment_ref"], unique=False)
    op.create_table(
        "billing_fake_object",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_billing_fake_object"),
    )
    op.create_index("ix_billing_fake_object_kind", "billing_fake_object", ["kind", "created_at"], unique=False)
    op.create_table(
        "billing_gate",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_billing_gate"),
    )
    op.create_table(
        "billing_number_range",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name="pk_billing_number_range"),
    )
    op.create_table(
        "billing_product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("keys", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("duration_days", sa.Integer(), nullable=True),
        sa.Column("trial_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_billing_product"),
        sa.UniqueConstraint("slug", name="uq_billing_product_slug"),
    )
    op.create_table(
        "billing_provider_ref",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("own_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("provider", "kind", "own_id", name="pk_billing_provider_ref"),
    )
    op.create_table(
        "billing_reconciliation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_billing_reconciliation"),
    )
    op.create_table(
        "billing_seller",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_billing_seller_ck_billing_seller_one"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_seller"),
    )
    op.create_table(
        "billing_tax_rate",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("country", name="pk_billing_tax_rate"),
    )
    op.create_table(
        "billing_webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_ref", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_billing_webhook"),
        sa.UniqueConstraint("provider", "body_hash", name="uq_billing_webhook_body"),
        sa.UniqueConstraint("provider", "event_ref", name="uq_billing_webhook_event"),
    )
    op.create_index(
        "ix_billing_webhook_kept",
        "billing_webhook",
        ["handled_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('applied', 'ignored') AND body <> ''::bytea"),
    )
    op.create_index(
        "ix_billing_webhook_open",
        "billing_webhook",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'quarantined')"),
    )
    op.create_table(
        "billing_coupon_guess",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_billing_coupon_guess_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_billing_coupon_guess"),
    )
    op.create_index("ix_billing_coupon_guess_user", "billing_coupon_guess", ["user_id", "created_at"], unique=False)
    op.create_table(
        "billing_customer",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("region", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_id", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_billing_customer_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_billing_customer"),
    )
    op.create_table(
        "billing_entitlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["identity_user.id"], name="fk_billing_entitlement_ended_by_identity_user"
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["identity_user.id"], name="fk_billing_entitlement_granted_by_identity_user"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_billing_entitlement_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_billing_entitlement"),
        sa.UniqueConstraint("user_id", "key", "source", "source_id", name="uq_billing_entitlement_source"),
    )
    op.create_index("ix_billing_entitlement_source", "billing_entitlement", ["source", "source_id"], unique=False)
    op.create_table(
        "billing_price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_inclusive", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name="ck_billing_price_ck_billing_price_amount"),
        sa.ForeignKeyConstraint(
            ["product_id"], ["billing_product.id"], name="fk_billing_price_product_id_billing_product"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_billing_price"),
    )
    op.create_index(
        "uq_billing_price_active",
        "billing_price",
        [
            "product_id",
            "currency",
            sa.literal_column("coalesce(country, '')"),
            sa.literal_column("coalesce(interval, '')"),
        ],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "billing_refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("refund_ref", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_billing_refund_ck_billing_refund_amount"),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["identity_user.id"], name="fk_billing_refund_requested_by_identity_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_billing_refund"),
        sa.UniqueConstraint("provider", "refund_ref", name="uq_billing_refund_ref"),
    )
    op.create_index("ix_billing_refund_payment", "billing_refund", ["provider", "payment_ref"], unique=False)
    op.create_table(
        "billing_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("price_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("quantity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_name", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_bp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("coupon_id", sa.Uuid(), nullable=True),
        sa.Column("trial_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hosted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("provider_checkout_ref", sa.Text(), nullable=True),
        sa.Column("provider_invoice_ref", sa.Text(), nullable=True),
        sa.Column("checkout", postgresql.JSONB(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("total_minor >= 0", name="ck_billing_order_ck_billing_order_total"),
        sa.ForeignKeyConstraint(["coupon_id"], ["billing_coupon.id"], name="fk_billing_order_coupon_id_billing_coupon"),
        sa.ForeignKeyConstraint(["price_id"], ["billing_price.id"], name="fk_billing_order_price_id_billing_price"),
        sa.ForeignKeyConstraint(
            ["product_id"], ["billing_product.id"], name="fk_billing_order_product_id_billing_product"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"], name="fk_billing_order_user_id_identity_user"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_order"),
    )
    op.create_index(
        "ix_billing_order_open",
        "billing_order",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('draft', 'pending')"),
    )
    op.create_index("ix_billing_order_subscription", "billing_order", ["subscription_id"], unique=False)
    op.create_index(
        "ix_billing_order_unpaid",
        "billing_order",
        ["provider", "created_at"],
        unique=False,
        postgresql_where=sa.text("paid_at IS NULL"),
    )
    op.create_index("ix_billing_order_user", "billing_order", ["user_id", "id"], unique=False)
    op.create_index(
        "uq_billing_order_checkout_ref",
        "billing_order",
        ["provider", "provider_checkout_ref"],
        unique=True,
        postgresql_where=sa.text("provider_checkout_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_billing_order_invoice_ref",
        "billing_order",
        ["provider", "provider_invoice_ref"],
        unique=True,
        postgresql_where=sa.text("provider_invoice_ref IS NOT NULL"),
    )
    op.create_table(
        "billing_coupon_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["billing_coupon.id"], name="fk_billing_coupon_use_coupon_id_billing_coupon"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["billing_order.id"], name="fk_billing_coupon_use_order_id_billing_order", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_billing_coupon_use_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_billing_coupon_use"),
        sa.UniqueConstraint("order_id", name="uq_billing_coupon_use_order"),
    )
    op.create_index("ix_billing_coupon_use_coupon", "billing_coupon_use", ["coupon_id", "user_id"], unique=False)
    op.create_table(
        "billing_gift",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("redeemed_by", sa.Uuid(), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["billing_order.id"], name="fk_billing_gift_order_id_billing_order", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["redeemed_by"], ["identity_user.id"], name="fk_billing_gift_redeemed_by_identity_user"
        ),
        sa.PrimaryKeyConstraint("order_id", name="pk_billing_gift"),
        sa.UniqueConstraint("code", name="uq_billing_gift_code"),
    )
    op.create_table(
        "billing_invoice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["billing_order.id"], name="fk_billing_invoice_order_id_billing_order"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_invoice"),
        sa.UniqueConstraint("kind", "cause_id", name="uq_billing_invoice_cause"),
        sa.UniqueConstraint("number", name="uq_billing_invoice_number"),
    )
    op.create_index("ix_billing_invoice_order", "billing_invoice", ["order_id"], unique=False)
    op.create_table(
        "billing_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["billing_order.id"], name="fk_billing_payment_order_id_billing_order"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_payment"),
        sa.UniqueConstraint("provider", "payment_ref", name="uq_billing_payment_ref"),
    )
    op.create_index("ix_billing_payment_captured", "billing_payment", ["provider", "captured_at"], unique=False)
    op.create_index("ix_billing_payment_order", "billing_payment", ["order_id"], unique=False)
    op.create_table(
        "billing_seat",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["billing_order.id"], name="fk_billing_seat_order_id_billing_order", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_billing_seat_user_id_identity_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", "user_id", name="pk_billing_seat"),
    )
    op.create_table(
        "billing_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("price_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subscription_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("current_period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("past_due_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dunning_step", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("reminded_period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["billing_order.id"], name="fk_billing_subscription_order_id_billing_order"
        ),
        sa.ForeignKeyConstraint(
            ["price_id"], ["billing_price.id"], name="fk_billing_subscription_price_id_billing_price"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["billing_product.id"], name="fk_billing_subscription_product_id_billing_product"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name="fk_billing_subscription_user_id_identity_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_billing_subscription"),
        sa.UniqueConstraint("order_id", name="uq_billing_subscription_order_id"),
        sa.UniqueConstraint("provider", "subscription_ref", name="uq_billing_subscription_ref"),
    )
    op.create_index(
        "ix_billing_subscription_dunning",
        "billing_subscription",
        ["past_due_since"],
        unique=False,
        postgresql_where=sa.text("status = 'past_due'"),
    )
    op.create_index("ix_billing_subscription_period", "billing_subscription", ["current_period_end"], unique=False)
    op.create_index(
        "ix_billing_subscription_trial",
        "billing_subscription",
        ["trial_end"],
        unique=False,
        postgresql_where=sa.text("status = 'trialing'"),
    )
    op.create_index("ix_billing_subscription_user", "billing_subscription", ["user_id"], unique=False)
    op.create_table(
        "billing_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("leg", sa.SmallInteger(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_billing_transfer_ck_billing_transfer_amount"),
        sa.CheckConstraint("debit <> credit", name="ck_billing_transfer_ck_billing_transfer_accounts"),
        sa.ForeignKeyConstraint(["order_id"], ["billing_order.id"], name="fk_billing_transfer_order_id_billing_order"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_transfer"),
        sa.UniqueConstraint("cause", "leg", name="uq_billing_transfer_cause"),
    )
    op.create_index("ix_billing_transfer_at", "billing_transfer", ["at"], unique=False)
    op.create_index("ix_billing_transfer_order", "billing_transfer", ["order_id"], unique=False)
    op.create_table(
        "billing_trial_use",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["billing_order.id"], name="fk_billing_trial_use_order_id_billing_order", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["billing_product.id"], name="fk_billing_trial_use_product_id_billing_product"
        ),
        sa.PrimaryKeyConstraint("product_id", "mark", name="pk_billing_trial_use"),
    )
    op.create_index("ix_billing_trial_use_order", "billing_trial_use", ["order_id"], unique=False)
    op.create_index(
        "ix_billing_trial_use_refused",
        "billing_trial_use",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("mark LIKE 'refused:%'"),
    )
    op.create_foreign_key(
        "fk_billing_order_subscription", "billing_order", "billing_subscription", ["subscription_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_constraint("fk_billing_order_subscription", "billing_order")
    op.drop_table("billing_trial_use")
    op.drop_table("billing_transfer")
    op.drop_table("billing_subscription")
    op.drop_table("billing_seat")
    op.drop_table("billing_payment")
    op.drop_table("billing_invoice")
    op.drop_table("billing_gift")
    op.drop_table("billing_coupon_use")
    op.drop_table("billing_order")
    op.drop_table("billing_refund")
    op.drop_table("billing_price")
    op.drop_table("billing_entitlement")
    op.drop_table("billing_customer")
    op.drop_table("billing_coupon_guess")
    op.drop_table("billing_webhook")
    op.drop_table("billing_tax_rate")
    op.drop_table("billing_seller")
    op.drop_table("billing_reconciliation")
    op.drop_table("billing_provider_ref")
    op.drop_table("billing_product")
    op.drop_table("billing_number_range")
    op.drop_table("billing_gate")
    op.drop_table("billing_fake_object")
    op.drop_table("billing_dispute")
    op.drop_table("billing_coupon")
    op.execute("DROP SEQUENCE billing_lookup")
