"""What the audit log tells of."""

from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    SESSIONS_ENDED = "sessions_ended"
    REFRESH_REUSED = "refresh_reused"
    """A refresh token came back: somebody holds a copy, and the login session has ended."""
    API_KEY_MADE = "api_key_made"
    API_KEY_ROTATED = "api_key_rotated"
    API_KEY_REVOKED = "api_key_revoked"
    SIGNING_KEYS_ROTATED = "signing_keys_rotated"
    ADDRESS_VERIFIED = "address_verified"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    PASSWORD_REMOVED = "password_removed"  # noqa: S105 - a name
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name
    GUEST_UPGRADED = "guest_upgraded"
    ACCOUNT_MERGED = "account_merged"
    SECOND_FACTOR_FAILED = "second_factor_failed"
    TOTP_ON = "totp_on"
    TOTP_OFF = "totp_off"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_CHANGED = "passkey_changed"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    """It has counted less than before: somebody may hold a copy."""
    PROVIDER_LINKED = "provider_linked"
    PROVIDER_UNLINKED = "provider_unlinked"
    STEPPED_UP = "stepped_up"
    ROLES_CHANGED = "roles_changed"
    BANNED = "banned"
    UNBANNED = "unbanned"
    IMPORTED = "imported"
    EXPORT_REQUESTED = "export_requested"
    EXPORT_FETCHED = "export_fetched"
    DELETION_REQUESTED = "deletion_requested"
    DELETION_WITHDRAWN = "deletion_withdrawn"
    ERASED = "erased"
    PEOPLE_SEARCHED = "people_searched"
    PERSON_VIEWED = "person_viewed"
    IMPERSONATION_BEGAN = "impersonation_began"
    IMPERSONATION_ENDED = "impersonation_ended"
    JOBS_REPLAYED = "jobs_replayed"
    WEBHOOK_VIEWED = "webhook_viewed"
    WEBHOOKS_REPLAYED = "webhooks_replayed"
    FLAG_SET = "flag_set"
    FLAG_REMOVED = "flag_removed"
    REFUND_BEGUN = "refund_begun"
    ACCESS_GRANTED = "access_granted"
    ACCESS_ENDED = "access_ended"
    GATE_SET = "gate_set"
    GATE_REMOVED = "gate_removed"
    NOTIFICATION_RESENT = "notification_resent"
    XP_CORRECTED = "xp_corrected"
    """By an operator, never by the person: `by_staff` says so without an actor."""


def by_staff(action: str, user_id: UUID | None, actor_id: UUID | None) -> bool:
    """Whether somebody else did it to the account."""
    return action == Action.XP_CORRECTED if actor_id is None else actor_id != user_id


TOLD = frozenset(
    {
        *(Action.EMAIL_CHANGED, Action.PASSWORD_CHANGED, Action.PASSWORD_REMOVED, Action.REFRESH_REUSED),
        *(Action.GUEST_UPGRADED, Action.ACCOUNT_MERGED, Action.ROLES_CHANGED),
        *(Action.TOTP_ON, Action.TOTP_OFF, Action.RECOVERY_CODES_RENEWED, Action.RECOVERY_CODE_USED),
        *(Action.PASSKEY_ADDED, Action.PASSKEY_CHANGED, Action.PASSKEY_REMOVED, Action.PASSKEY_COPIED),
        *(Action.PROVIDER_LINKED, Action.PROVIDER_UNLINKED, Action.SECOND_FACTOR_FAILED),
        *(Action.EXPORT_REQUESTED, Action.DELETION_REQUESTED, Action.DELETION_WITHDRAWN),
    }
)
"""What the owner of an account is told at once. Each has words of its own in every language."""
