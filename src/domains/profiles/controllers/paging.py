"""Cursors of lists that are sorted by a moment and a person."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from domains.kernel.page import decode_cursor

Cursor = Annotated[str | None, QueryParameter(max_length=500, description="Of the page before.")]


def moment_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Raises BadCursor."""
    return decode_cursor(cursor, tuple[datetime, UUID])
