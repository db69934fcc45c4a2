"""What the audit log tells of."""

from enum import StrEnum


class Action(StrEnum):
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
