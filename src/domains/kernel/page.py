"""Cursor pagination: a cursor is the sort key of the last row seen, opaque to the client.

A page is stable while rows are added: it continues after a key, never at an offset.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from domains.kernel.errors import Invalid
from domains.kernel.wire import Out

T = TypeVar("T")
K = TypeVar("K")

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Most items on the page.")]
"""Of a page; declare it as `limit: Limit = 20`."""


class Page(Out, Generic[T], frozen=True):
    """`next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


class BadCursor(Invalid):
    code = "page.bad_cursor"
    title = "The cursor is not one of ours"


def decode_cursor(cursor: str | None, key_type: type[K]) -> K | None:
    """The key after which the page starts, or None for the first page. Raises BadCursor."""
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=key_type)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise BadCursor from error


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], object]) -> Page[T]:
    """A page out of at most `limit + 1` rows; the row beyond the limit only tells that there is more."""
    items = list(rows[:limit])
    more = len(rows) > limit
    cursor = base64.urlsafe_b64encode(msgspec.json.encode(key(items[-1]))).decode() if more else None
    return Page(items=items, next_cursor=cursor)
