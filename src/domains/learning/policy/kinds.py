"""Kinds of sessions."""

from typing import Literal

CourseSessionKind = Literal["practice", "mistakes", "review", "test_out", "placement"]
"""Of a course, or of one of its units."""

TESTS: frozenset[str] = frozenset({"test_out", "placement"})
"""They ask for what may never have been taught."""

IN_ORDER: frozenset[str] = frozenset({"test_out"})
"""They are answered in the order in which they ask, so that nobody looks for the answer of one in the next. A placement
asks one thing at a time anyhow."""

SessionKind = Literal["lesson", "practice", "mistakes", "review", "test_out", "placement"]
