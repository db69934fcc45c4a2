"""What people may call themselves. Every function gives the value to store or raises BadField."""

import re
import unicodedata
from enum import StrEnum

from domains.identity.errors import BadField
from domains.kernel.zones import is_zone

_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_USERNAME = re.compile(r"[a-z0-9_]{3,30}")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_JOINERS = "\u200c\u200d"
"""Invisible, but needed to write Persian, several Indian scripts and some emoji."""


class Role(StrEnum):
    LEARNER = "learner"
    TEACHER = "teacher"
    AUTHOR = "author"
    MODERATOR = "moderator"
    SUPPORT = "support"
    ADMIN = "admin"


def checked_text(field: str, value: str) -> str:
    """`value` as given, without what PostgreSQL or UTF-8 cannot hold: NUL and lone surrogates."""
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadField(field, f"{field} holds a character that is not text")
    return value


def checked_email(value: str) -> str:
    value = value.strip(" ")
    if len(value) > 254 or not value.isprintable() or not _EMAIL.fullmatch(value):
        raise BadField("email", "email is not an e-mail address")
    local = value.partition("@")[0]
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise BadField("email", "email is not an e-mail address")
    return value


def checked_name(value: str) -> str:
    """1 to 80 printable characters in NFC, spaces trimmed."""
    value = unicodedata.normalize("NFC", checked_text("name", value)).strip()
    visible = value.translate(dict.fromkeys(map(ord, _JOINERS)))
    if not (1 <= len(value) <= 80 and visible.strip() and visible.isprintable()):
        raise BadField("name", "name is 1 to 80 printable characters")
    return value


def checked_username(value: str | None) -> str | None:
    if value is None:
        return None
    value = value.lower()
    if not _USERNAME.fullmatch(value):
        raise BadField("username", "username is 3 to 30 of a-z, 0-9 and _")
    return value


def checked_time_zone(value: str) -> str:
    if not is_zone(checked_text("time_zone", value)):
        raise BadField("time_zone", "time_zone is not an IANA time zone such as Europe/Madrid")
    return value


def checked_locale(value: str) -> str:
    if len(value) > 35 or not _LOCALE.fullmatch(value):
        raise BadField("locale", "locale is not a language tag such as es or pt-BR")
    return value


def checked_roles(values: frozenset[str]) -> frozenset[Role]:
    try:
        return frozenset(Role(value) for value in values)
    except ValueError:
        raise BadField("roles", f"roles are {', '.join(Role)}") from None
