"""`lyceum openapi` and `lyceum asyncapi`: the published documents, without a server."""

import click

from app.asgi import create_app
from app.commands.options import print_json
from app.config import Settings
from app.docs import openapi_bytes
from realtime.asyncapi import asyncapi_document


@click.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST interface."""
    click.echo(openapi_bytes(create_app(Settings())))


@click.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the Socket.IO interface."""
    print_json(asyncapi_document())
