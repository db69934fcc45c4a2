"""Which providers there are: one setting, a JSON list.

Invariant: a provider is asked over TLS only, but for one on this machine itself.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
import msgspec

from domains.identity.errors import OidcUnknown
from domains.identity.policy.oidc import GOOGLE, is_own_address
from domains.identity.providers.openid.client import OpenIdProvider

DEADLINE_S = 5.0

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_RESERVED = {"exchange", "linked", "logout"}


class BadProviders(Exception):
    """One line that says what is wrong with the setting."""


class ProviderSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    """As in its addresses here; `google` needs nothing but an id and a secret."""
    client_id: str
    client_secret: str = ""
    issuer: str = ""
    title: str = ""
    """For people; the name by default."""
    trusted: bool | None = None
    """Whether an address that it has verified opens the account with that address; only Google's does by default."""
    scopes: list[str] = msgspec.field(default_factory=lambda: ["openid", "email", "profile"])


class OpenIdProviders:
    """The providers of this house, behind one HTTP client."""

    def __init__(
        self,
        providers: Sequence[ProviderSetting],
        *,
        public_url: str,
        origins: Sequence[str],
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.public_url = public_url.rstrip("/")
        self._origins = frozenset(origins)
        self._http = httpx.AsyncClient(
            timeout=deadline_s, follow_redirects=False, headers={"User-Agent": "Lyceum", "Accept": "application/json"}
        )
        self._by_name = {
            one.name: OpenIdProvider(
                self._http,
                name=one.name,
                title=one.title or one.name.replace("_", " ").title(),
                issuer=one.issuer or GOOGLE,
                client_id=one.client_id,
                client_secret=one.client_secret,
                trusted=one.name == "google" if one.trusted is None else one.trusted,
                scopes=tuple(dict.fromkeys(["openid", *one.scopes])),
                callback_url=f"{self.public_url}/api/v1/auth/oidc/{one.name}/callback",
                deadline_s=deadline_s,
            )
            for one in providers
        }

    @property
    def all(self) -> list[OpenIdProvider]:
        return list(self._by_name.values())

    def named(self, name: str) -> OpenIdProvider:
        """Raises OidcUnknown."""
        found = self._by_name.get(name)
        if found is None:
            raise OidcUnknown
        return found

    def of_issuer(self, issuer: str) -> OpenIdProvider | None:
        return next((one for one in self.all if one.issuer == issuer), None)

    def is_own_address(self, url: str) -> bool:
        return is_own_address(url, self._origins)

    async def aclose(self) -> None:
        await self._http.aclose()


def providers_of(setting: str, *, public_url: str, origins: Sequence[str]) -> OpenIdProviders:
    """Out of the setting's JSON; empty for none. Raises BadProviders."""
    try:
        found = msgspec.json.decode(setting, type=list[ProviderSetting]) if setting else []
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BadProviders(str(error)) from None
    for one in found:
        if not _NAME.fullmatch(one.name) or one.name in _RESERVED:
            raise BadProviders(f"{one.name!r} cannot be a provider's name")
        if not one.client_id:
            raise BadProviders(f"{one.name} has no client_id")
        if not one.issuer and one.name != "google":
            raise BadProviders(f"{one.name} has no issuer")
        if one.issuer and not _is_safe(one.issuer):
            raise BadProviders(f"the issuer of {one.name} is not an https:// address")
    for field in ("name", "issuer"):
        values = [getattr(one, field) or GOOGLE for one in found]
        if len(set(values)) < len(values):
            raise BadProviders(f"two providers have the same {field}")
    return OpenIdProviders(found, public_url=public_url, origins=origins)


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "http":
        return host == "localhost" or _is_loopback(host)
    return parts.scheme == "https" and bool(host) and not (parts.query or parts.fragment)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
