"""Kinds of sessions."""

from typing import Literal

CourseSessionKind = Literal["practice", "mistakes", "review", "test_out", "placement"]
"""Of a course, or of one of its units."""

TESTS: frozenset[str] = frozenset({"test_out", "placement"})
"""They ask for what may never have been taught."""

SessionKind = Literal["lesson", "practice", "mistakes", "review", "test_out", "placement"]
