"""`lyceum openapi` and `lyceum asyncapi`: the published documents, without a server."""

import click

from app.asgi import create_app
from app.commands.options import print_json
from app.config import Settings
from realtime import asyncapi as realtime_asyncapi


@click.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST interface."""
    app = create_app(Settings.load({}))
    print_json(app.openapi_schema.to_schema())


@click.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the Socket.IO interface."""
    print_json(realtime_asyncapi.document())
