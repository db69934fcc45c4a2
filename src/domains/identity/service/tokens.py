"""Access tokens: JWT signed with EdDSA and nothing else, every claim required, keys only from our own ring."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import jwt

from domains.identity.errors import TokenExpired, TokenInvalid
from domains.identity.policy.sessions import ACCESS_LIFETIME
from domains.identity.service.keys import Key, KeyRing
from domains.kernel.ids import new_id

AUDIENCE = "lyceum"
_TYPE = "at+jwt"
_ALGORITHM = "EdDSA"
_REQUIRED = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]
_LONGEST = 4096
_CLOCK_SKEW_S = 5


class Claims(NamedTuple):
    user_id: UUID
    session_id: UUID
    expires_at: datetime
    actor_id: UUID | None = None
    """Who of the staff looks through the user's eyes (RFC 8693, `act`)."""


def signed(
    key: Key,
    *,
    issuer: str,
    user_id: UUID,
    session_id: UUID,
    roles: frozenset[str],
    now: datetime,
    actor_id: UUID | None = None,
) -> tuple[str, datetime]:
    """The token and when it expires."""
    issued_at = now.replace(microsecond=0)
    expires_at = issued_at + ACCESS_LIFETIME
    claims: dict[str, object] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": str(new_id()),
        "iat": issued_at,
        "exp": expires_at,
        "roles": sorted(roles),
    }
    if actor_id is not None:
        claims["act"] = {"sub": str(actor_id)}
    headers = {"kid": key.kid, "typ": _TYPE}
    return jwt.encode(claims, key.private, algorithm=_ALGORITHM, headers=headers), expires_at


async def verified(token: str, keys: KeyRing, *, issuer: str) -> Claims:
    """What the token says, or TokenInvalid, or TokenExpired."""
    if len(token) > _LONGEST:
        raise TokenInvalid
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise TokenInvalid from None
    kid = header.get("kid")
    # Keys that the token itself brings or points at (jwk, jku, x5u) are never looked at.
    if header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM or not isinstance(kid, str):
        raise TokenInvalid
    public = await keys.public_key(kid)
    if public is None:
        raise TokenInvalid
    try:
        claims = jwt.decode(
            token,
            public,
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer,
            leeway=_CLOCK_SKEW_S,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        actor_id = UUID(claims["act"]["sub"]) if "act" in claims else None
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        return Claims(UUID(claims["sub"]), UUID(claims["sid"]), expires_at, actor_id)
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError):
        raise TokenInvalid from None
