"""What the audit log tells of."""

from enum import StrEnum


class Action(StrEnum):
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    ADDRESS_VERIFIED = "address_verified"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    PASSWORD_REMOVED = "password_removed"  # noqa: S105 - a name
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name
    GUEST_UPGRADED = "guest_upgraded"
    ACCOUNT_MERGED = "account_merged"
