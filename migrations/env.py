"""Runs migrations inside the transaction and advisory lock that `app.schema` opens."""

from alembic import context

from app.registry import metadata

context.configure(
    connection=context.config.attributes.get("connection"),
    dialect_name="postgresql",
    target_metadata=metadata(),
    compare_type=True,
    compare_server_default=False,
    version_table="kernel_schema_version",
    literal_binds=context.is_offline_mode(),
)
if context.is_offline_mode():
    context.run_migrations()
else:
    with context.begin_transaction():
        context.run_migrations()
