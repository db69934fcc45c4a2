"""Options and output that commands share. Invariant: results go to standard output, the rest to standard error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

Command = TypeVar("Command", bound=Callable[..., Any])


def data_dir_option(command: Command) -> Command:
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where embedded services keep their data.  [LYCEUM_DATA_DIR, default: .lyceum]",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("as_json", "--json", is_flag=True, help="Print one JSON document.")(command)


def say(line: str) -> None:
    """Progress for people; standard output belongs to results."""
    click.echo(line, err=True)


def print_json(value: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
