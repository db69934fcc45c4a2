"""Kinds of sessions."""

from typing import Literal

SessionKind = Literal["lesson"]
