"""Logins at other providers: what is believed of what they say, and where people are sent afterwards.

A provider's word about an address counts only if it says that it has verified it, and only if it is the one to know.
"""

import base64
import hashlib
import re
from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

FLOW_LIFETIME = timedelta(minutes=10)
"""From the start to the provider's answer."""
EXCHANGE_LIFETIME = timedelta(minutes=2)
"""From there to the exchange of the code."""
LEEWAY = timedelta(seconds=60)
"""By which a provider's clock may differ from ours."""
TOKEN_AGE = timedelta(minutes=10)
"""No token of theirs is believed that was issued longer ago than that."""
LOGOUT_TOKEN_KEPT = TOKEN_AGE + 3 * LEEWAY
"""So long is remembered that a logout token was used: by then it is too old."""

GOOGLE = "https://accounts.google.com"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

_LONGEST = 300
_LONGEST_URL = 2000
_NOT_IN_URLS = re.compile(r"[^!-~]|\\")


class Claims(NamedTuple):
    """What a verified ID token says of somebody."""

    subject: str
    email: str | None
    verified: bool
    """The provider has verified the address, and is the one to know."""
    name: str | None
    locale: str | None
    time_zone: str | None
    session: str | None
    """The provider's name for this login, by which it tells of its end."""


def claims_of(raw: dict[str, Any], issuer: str) -> Claims:
    email = _short(raw, "email")
    # Some providers write the truth as a string.
    verified = email is not None and raw.get("email_verified") in (True, "true")
    if issuer == GOOGLE:
        verified = verified and _is_googles(email or "", raw)
    return Claims(
        subject=raw["sub"],
        email=email,
        verified=verified,
        name=_short(raw, "name") or _short(raw, "given_name") or _short(raw, "preferred_username"),
        locale=_short(raw, "locale"),
        time_zone=_short(raw, "zoneinfo"),
        session=_short(raw, "sid"),
    )


def _is_googles(email: str, raw: dict[str, Any]) -> bool:
    """A Google account with an address elsewhere keeps it as verified when somebody else has that address by now."""
    return email.lower().endswith("@gmail.com") or bool(raw.get("hd"))


def _short(raw: dict[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return value if is_text(value, _LONGEST) else None


def is_text(value: object, longest: int) -> TypeGuard[str]:
    """That can be stored."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= longest
        and not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
    )


def code_challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def is_own_address(url: str, origins: Collection[str]) -> bool:
    """Whether people may be sent there: below one of `origins`, which may also be an app's own scheme."""
    if len(url) > _LONGEST_URL or _NOT_IN_URLS.search(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.netloc) and "#" not in url and f"{parts.scheme}://{parts.netloc}" in origins


def with_query(url: str, **added: str) -> str:
    """`url` with these parameters in place of any of the same name."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in added]
    return urlunsplit(parts._replace(query=urlencode([*query, *added.items()])))
