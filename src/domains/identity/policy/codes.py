"""One-time codes: eight digits to type, or a link; how long they live and how many tries they bear."""

import re
from datetime import timedelta
from enum import StrEnum

from domains.identity.errors import CodeInvalid

DIGITS = 8
LIFETIME = timedelta(minutes=10)
TRIES = 5
"""So many guesses at one request, each with a chance of one in thirty million."""
MAILS = 3
"""So many mails of one request are good at once: one that is sent again makes the one on its way no lie."""

_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")


class Purpose(StrEnum):
    LOGIN = "login"
    VERIFY = "verify"
    RESET = "reset"
    EMAIL_OLD = "email_old"
    """The address that an account leaves, and the one it moves to."""
    EMAIL_NEW = "email_new"


def typed_code(value: str) -> str:
    """As it was sent, however it was typed. Raises CodeInvalid for what no code looks like."""
    code = re.sub(r"[\s-]", "", value[:40])
    if not _CODE.fullmatch(code):
        raise CodeInvalid
    return code
