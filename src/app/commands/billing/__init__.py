"""`lyceum billing`: each command lives in a module of its own, which is imported when the command is called."""

import click

from app.cli import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def billing() -> None:
    """Put things on sale, and look after payments."""
