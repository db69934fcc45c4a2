"""Cursors: opaque, stable, and refused when they are not ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.kernel.page import BadCursor, decode_cursor, page_of


@given(st.lists(st.integers(), unique=True), st.integers(1, 20))
def test_following_cursors_visits_every_row_once_in_order(rows: list[int], limit: int) -> None:
    rows = sorted(rows)
    seen: list[int] = []
    cursor: str | None = None
    while True:
        after = decode_cursor(cursor, int)
        found = page_of([row for row in rows if after is None or row > after][: limit + 1], limit, lambda row: row)
        seen += found.items
        cursor = found.next_cursor
        if cursor is None:
            break
    assert seen == rows


@given(st.text())
def test_a_made_up_cursor_is_refused_or_harmless(cursor: str) -> None:
    try:
        decode_cursor(cursor, tuple[str, int])
    except BadCursor:
        return
    pytest.fail("a made-up cursor was taken for one of ours")
