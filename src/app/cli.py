"""The command line. Each command lives in a module of its own, which is imported when the command is called.

Invariant: importing this module stays cheap (`lyceum --help` is instant), and a person never sees a traceback for
what a person can mend: such errors are one line and exit status 1, wrong usage is 2.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from app.config import ConfigError
from app.embedded.errors import EmbeddedError
from domains.kernel.errors import AppError

COMMANDS = {
    "serve": ("app.commands.serve:serve", "Serve REST, Socket.IO and background jobs."),
    "demo": ("app.commands.demo:demo", "Let learners take lessons against the running server."),
    "import": ("app.commands.courses:import_command", "Import a course from files."),
    "export": ("app.commands.courses:export_command", "Write a course to a file or to standard output."),
    "course": ("app.commands.courses:course", "Publish, compare, roll back and retire courses."),
    "create-user": ("app.commands.users:create_user", "Create a user with a role."),
    "keys": ("app.commands.keys:keys", "Look at and replace the keys that sign access tokens."),
    "users": ("app.commands.users:users", "Import people from a file; change their roles."),
    "worker": ("app.commands.worker:worker", "Run background jobs only."),
    "migrate": ("app.commands.migrate:migrate", "Bring the database up to date."),
    "rebuild": ("app.commands.rebuild:rebuild", "Rebuild what is derived from the ledgers."),
    "leagues": ("app.commands.leagues:leagues", "Finish the weeks of leagues that are over."),
    "xp": ("app.commands.xp:xp", "Correct what somebody has earned."),
    "jobs": ("app.commands.jobs:jobs", "List and replay background jobs."),
    "flags": ("app.commands.flags:flags", "Switch features on for some or for all."),
    "billing": ("app.commands.billing:billing", "Put things on sale, and look after payments."),
    "mail": ("app.commands.mail:mail", "Look at mails, send a test, take in what came back."),
    "notify": ("app.commands.notify:notify", "Look at what people were told."),
    "media": ("app.commands.media:media", "Compare the files that are kept with what is known of them."),
    "openapi": ("app.commands.documents:openapi", "Print the OpenAPI document."),
    "asyncapi": ("app.commands.documents:asyncapi", "Print the AsyncAPI document."),
    "schema": ("app.commands.documents:schema", "Print the JSON Schema of Lyceum YAML."),
    "doctor": ("app.commands.doctor:doctor", "Check settings, services and clock, and say how to mend."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and sentence; the module behind one is imported when it is called."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, tuple[str, str]], **options: Any) -> None:
        """`lazy`: by name where a command is, `module:attribute`, and its sentence."""
        super().__init__(*arguments, **options)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return None
        module, _, name = self._lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in self._lazy.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (ConfigError, EmbeddedError) as error:
            raise click.ClickException(str(error)) from None
        except AppError as error:
            raise click.ClickException(str(error) or type(error).__name__) from None


@click.group(
    cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="lyceum", prog_name="lyceum")
def main() -> None:
    """Lyceum: lessons, streaks, leagues and live progress over REST and Socket.IO.

    Settings come from LYCEUM_* variables; `lyceum doctor` lists them.
    """


if __name__ == "__main__":
    main()
