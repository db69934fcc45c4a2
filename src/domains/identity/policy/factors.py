"""Second factors: which there are, how long a proof may take, and what recovery codes look like."""

import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

PENDING_LIFETIME = timedelta(minutes=10)
PENDING_TRIES = 5
"""So many proofs a login that waits for its second factor may be shown; the next one begins with the first factor."""
SETUP_LIFETIME = timedelta(minutes=10)
"""So long a new authenticator app waits for its first code."""
CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST_PASSKEYS = 20

RECOVERY_CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is mistaken for something else when it is copied from paper."""
_RECOVERY_LENGTH = 12
_RECOVERY_CODE = re.compile(rf"[{_LETTERS}]{{{_RECOVERY_LENGTH}}}")


class Factor(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


class Ceremony(StrEnum):
    """What a challenge was made for; a passkey's answer is good for nothing else."""

    REGISTER = "register"
    LOGIN = "login"
    SECOND_FACTOR = "second_factor"
    STEP_UP = "step_up"


def factor_subject(user_id: UUID) -> str:
    """What is counted when somebody guesses at a second factor, in the manner of `policy.limits`: to guess at it they
    have given the first one, so those who have not cannot slow its owner down."""
    return f"factor:{user_id}"


def recovery_code(choose: Callable[[str], str]) -> str:
    """A new one, 59 bits; `choose` takes one letter of a string by chance."""
    letters = "".join(choose(_LETTERS) for _ in range(_RECOVERY_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4))


def typed_recovery_code(value: str) -> str | None:
    """As it was given out but for its dashes, however it was typed; None for what no code looks like."""
    letters = re.sub(r"[\s-]", "", value[:60]).lower()
    return letters if _RECOVERY_CODE.fullmatch(letters) else None
