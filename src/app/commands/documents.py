"""`lyceum openapi`, `lyceum asyncapi` and `lyceum schema`: the published documents, without a server."""

import click

from app.asgi import create_app
from app.commands.options import print_json
from app.config import Settings
from app.docs import openapi_bytes
from domains.catalog import api as catalog
from realtime.asyncapi import asyncapi_document
from realtime.typescript import typescript


@click.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST interface."""
    click.echo(openapi_bytes(create_app(Settings())))


@click.command()
@click.option("--typescript", "as_typescript", is_flag=True, help="Print its types for a TypeScript client instead.")
def asyncapi(as_typescript: bool) -> None:
    """Print the AsyncAPI document of the Socket.IO interface."""
    if as_typescript:
        click.echo(typescript(asyncapi_document()), nl=False)
    else:
        print_json(asyncapi_document())


@click.command()
@click.argument("what", type=click.Choice(["course"]))
def schema(what: str) -> None:
    """Print the JSON Schema of a file that authors write: `course` is one of Lyceum YAML."""
    print_json(catalog.course_schema())
