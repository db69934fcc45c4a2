"""Kinds of sessions."""

from typing import Literal

CourseSessionKind = Literal["practice", "mistakes", "review", "test_out", "placement"]
"""Of a course, or of one of its units."""

SessionKind = Literal["lesson", "practice", "mistakes", "review", "test_out", "placement"]
