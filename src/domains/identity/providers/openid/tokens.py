"""What a provider has signed. Whatever is wrong with a token, it is `OidcRefused`.

A token is believed if one of the provider's keys has signed it by an algorithm of the list, for us and nobody else, a
moment ago; an ID token moreover only by who began this very login.
"""

import hmac
from typing import Any

import jwt

from domains.identity.errors import OidcRefused
from domains.identity.policy.oidc import LEEWAY, LOGOUT_EVENT, TOKEN_AGE, is_text
from domains.identity.providers.openid.keys import ALGORITHMS, Keys
from domains.kernel.clock import utc_now

_LONGEST = 16_000
_LONGEST_NAME = 255


async def id_claims(token: str, keys: Keys, *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Raises OidcRefused, or OidcAway where keys are missing."""
    claims = await _verified(token, keys, issuer=issuer, client_id=client_id, kinds={"JWT"})
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise OidcRefused("the token belongs to another login")
    if not is_text(claims.get("sub"), _LONGEST_NAME):
        raise OidcRefused("the token is about nobody")
    return claims


async def logout_claims(token: str, keys: Keys, *, issuer: str, client_id: str) -> dict[str, Any]:
    """With `jti`, and `sub` or `sid` or both. Raises OidcRefused, or OidcAway where keys are missing."""
    claims = await _verified(token, keys, issuer=issuer, client_id=client_id, kinds={"JWT", "LOGOUT+JWT"})
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims:
        raise OidcRefused("the token tells of no logout")
    texts = {name: claims.get(name) for name in ("jti", "sub", "sid") if name in claims}
    if not all(is_text(text, _LONGEST_NAME) for text in texts.values()):
        raise OidcRefused("the token names what cannot be a name")
    if "jti" not in texts or len(texts) < 2:
        raise OidcRefused("the token does not say whose login is over")
    return claims


async def _verified(token: str, keys: Keys, *, issuer: str, client_id: str, kinds: set[str]) -> dict[str, Any]:
    if len(token) > _LONGEST:
        raise OidcRefused("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, UnicodeError):
        raise OidcRefused("the token cannot be read") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or str(header.get("typ", "JWT")).upper() not in kinds:
        raise OidcRefused("the token is not of a kind that is believed")
    key = await keys.key(kid, algorithm)
    if key is None:
        raise OidcRefused("the token is not signed by a key of the provider")
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "exp", "iat"]},
        )
        issued_at = float(claims["iat"])
    except (jwt.InvalidTokenError, UnicodeError, ValueError, TypeError, OverflowError) as error:
        raise OidcRefused(f"the token is not good: {type(error).__name__}") from None
    _check_party(claims, client_id)
    if issued_at < (utc_now() - TOKEN_AGE - LEEWAY).timestamp():
        raise OidcRefused("the token is too old")
    return claims


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise OidcRefused("the token was made for somebody else")
