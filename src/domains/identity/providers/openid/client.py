"""One provider: what it offers, where people log in, and its answer to a code.

Its description is kept for an hour. One that is away, slow or talks nonsense is `OidcAway` to the caller, at once for a
few seconds after it failed, so that callers do not queue for a provider that does not answer.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from domains.identity.errors import OidcAway, OidcRefused
from domains.identity.policy.oidc import code_challenge, with_query
from domains.identity.providers.openid.keys import Keys
from domains.identity.providers.openid.tokens import id_claims, logout_claims
from domains.kernel.clock import utc_now

KEPT = timedelta(hours=1)
PAUSE = timedelta(seconds=5)

log = logging.getLogger(__name__)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we need of OpenID Connect Discovery."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False

    def addresses(self) -> list[str]:
        found = [self.authorization_endpoint, self.token_endpoint, self.jwks_uri]
        return found + [url for url in (self.userinfo_endpoint, self.end_session_endpoint) if url]


class _Granted(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class OpenIdProvider:
    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        name: str,
        title: str,
        issuer: str,
        client_id: str,
        client_secret: str,
        trusted: bool,
        scopes: tuple[str, ...],
        callback_url: str,
        deadline_s: float,
    ) -> None:
        self.name = name
        self.title = title
        self.issuer = issuer
        self.client_id = client_id
        self.trusted = trusted
        self._secret = client_secret
        self._scopes = scopes
        self._callback_url = callback_url
        self._http = http
        self._deadline_s = deadline_s
        self._keys = Keys(self._key_set)
        self._metadata: Metadata | None = None
        self._asked_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def login_url(self, *, state: str, nonce: str, code_verifier: str) -> str:
        """Raises OidcAway."""
        metadata = await self.metadata()
        return with_query(
            metadata.authorization_endpoint,
            response_type="code",
            client_id=self.client_id,
            redirect_uri=self._callback_url,
            scope=" ".join(self._scopes),
            state=state,
            nonce=nonce,
            code_challenge=code_challenge(code_verifier),
            code_challenge_method="S256",
        )

    async def logout_url(self, *, sid: str | None, return_to: str) -> str | None:
        """Where the login at the provider ends; None for one that offers no such place. Raises OidcAway."""
        endpoint = (await self.metadata()).end_session_endpoint
        if endpoint is None:
            return None
        hint = {"logout_hint": sid} if sid else {}
        return with_query(endpoint, client_id=self.client_id, post_logout_redirect_uri=return_to, **hint)

    async def check_sender(self, iss: str | None) -> None:
        """Whether an answer may be this provider's (RFC 9207). Raises OidcRefused or OidcAway."""
        if iss is None and (await self.metadata()).authorization_response_iss_parameter_supported:
            raise OidcRefused("the answer does not say whose it is")
        if iss is not None and iss != self.issuer:
            raise OidcRefused("the answer is another provider's")

    async def claims(self, code: str, *, code_verifier: str, nonce: str) -> dict[str, Any]:
        """What the provider says of whoever brought `code`, verified. Raises OidcRefused or OidcAway."""
        metadata = await self.metadata()
        granted = await self._granted(metadata, code, code_verifier)
        claims = await id_claims(
            granted.id_token, self._keys, issuer=self.issuer, client_id=self.client_id, nonce=nonce
        )
        if "email" in claims or "email" not in self._scopes or not metadata.userinfo_endpoint:
            return claims
        said = await self._user_info(metadata.userinfo_endpoint, granted.access_token)
        # Another's answer could have been put in its place.
        return said | claims if said.get("sub") == claims["sub"] else claims

    async def ended(self, logout_token: str) -> dict[str, Any]:
        """Which login the provider says is over. Raises OidcRefused or OidcAway."""
        return await logout_claims(logout_token, self._keys, issuer=self.issuer, client_id=self.client_id)

    async def metadata(self) -> Metadata:
        """Raises OidcAway."""
        async with self._asking:
            now = utc_now()
            if self._metadata and self._asked_at and now < self._asked_at + KEPT:
                return self._metadata
            if self._failed_at and now < self._failed_at + PAUSE:
                return self._or_away()
            try:
                self._metadata = await self._discovered()
            except OidcAway:
                self._failed_at = now
                return self._or_away()
            self._asked_at, self._failed_at = now, None
            return self._metadata

    def _or_away(self) -> Metadata:
        """What was known before is better than nothing."""
        if self._metadata is None:
            raise OidcAway
        return self._metadata

    async def _discovered(self) -> Metadata:
        answer = await self._sent("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(answer.content, type=Metadata)
        except (msgspec.MsgspecError, UnicodeError):
            raise self._nonsense("description") from None
        scheme = self.issuer.partition("://")[0]
        if found.issuer != self.issuer or any(
            not url.startswith(("https://", f"{scheme}://")) for url in found.addresses()
        ):
            raise self._nonsense("description")
        return found

    async def _key_set(self) -> list[dict[str, Any]]:
        answer = await self._sent("GET", (await self.metadata()).jwks_uri)
        try:
            return msgspec.json.decode(answer.content, type=dict[str, list[dict[str, Any]]])["keys"]
        except (msgspec.MsgspecError, UnicodeError, KeyError):
            raise self._nonsense("set of keys") from None

    async def _granted(self, metadata: Metadata, code: str, code_verifier: str) -> _Granted:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback_url,
            "code_verifier": code_verifier,
        }
        methods = metadata.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        auth = None
        if self._secret and "client_secret_basic" in methods:
            # RFC 6749 has both encoded before they are joined.
            auth = httpx.BasicAuth(quote(self.client_id, safe=""), quote(self._secret, safe=""))
        else:
            form |= {"client_id": self.client_id} | ({"client_secret": self._secret} if self._secret else {})
        answer = await self._sent("POST", metadata.token_endpoint, data=form, auth=auth)
        try:
            return msgspec.json.decode(answer.content, type=_Granted)
        except (msgspec.MsgspecError, UnicodeError):
            raise self._nonsense("answer to a code") from None

    async def _user_info(self, url: str, access_token: str) -> dict[str, Any]:
        answer = await self._sent("GET", url, headers={"Authorization": f"Bearer {access_token}"})
        try:
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError):
            # Some answer with a signed token instead; what it would add is no proof of who somebody is.
            return {}

    async def _sent(self, method: str, url: str, **what: Any) -> httpx.Response:
        """Raises OidcAway, or OidcRefused for what the provider takes for our or the person's mistake."""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._http.request(method, url, **what)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            log.warning("%s did not answer: %s", self.name, type(error).__name__)
            raise OidcAway from None
        if answer.is_success:
            return answer
        log.warning("%s answered %s to %s", self.name, answer.status_code, method)
        if method == "POST" and answer.status_code in {400, 401, 403}:
            raise OidcRefused("the provider does not take the code")
        raise OidcAway

    def _nonsense(self, what: str) -> OidcAway:
        log.error("the %s of %s cannot be used", what, self.name)
        return OidcAway()
