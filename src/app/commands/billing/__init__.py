"""`lyceum billing`: each command lives in a module of its own, which is imported when the command is called."""

import click

from app.cli import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "sync": ("app.commands.billing.sync:sync", "Make the catalogue what a file says."),
    "products": ("app.commands.billing.products:products", "List what is sold, with its prices."),
    "ledger": ("app.commands.billing.ledger:ledger", "Hand the books to an accountant, or check them."),
    "grant": ("app.commands.billing.access:grant", "Give somebody access, with a reason."),
    "entitlements": ("app.commands.billing.access:entitlements", "List what somebody may use, by what and why."),
    "reconcile": ("app.commands.billing.reconcile:reconcile", "Compare with the providers, and repair."),
    "inbox": ("app.commands.billing.inbox:inbox", "Look at webhooks, and apply again what was set aside."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def billing() -> None:
    """Put things on sale, and look after payments."""
