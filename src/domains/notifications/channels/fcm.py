"""Messages to phones by Firebase Cloud Messaging, HTTP v1 (APNs stands behind it for iOS).

Invariant: every message ends as taken, Held or Refused within ten seconds; a token of ours that Google no longer takes
is replaced once per message, and no device is dropped for a mistake in our own settings.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domains.kernel.clock import utc_now
from domains.notifications.channels.answers import retry_after_s
from domains.notifications.channels.port import Accepted, Held, MobilePush, Refused
from domains.notifications.policy.payload import collapse_id, fitted_texts

log = logging.getLogger(__name__)

API = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SEND_S = 10.0
CONNECT_S = 3.0
ASSERTION_LIFE = timedelta(hours=1)
EARLY = timedelta(minutes=5)
"""So long before its end a token is replaced."""
QUOTA_WAIT_S = 60.0
"""Where Google asks for less patience than it says it wants."""
MOST_TTL_S = 28 * 86_400
MOST_TEXT_BYTES = 3_000
"""Of title and body, of the 4,096 bytes that a message may have."""


class BadCredentials(ValueError):
    """One line: why the service account's file cannot be used."""


class _Account(msgspec.Struct, frozen=True):
    project_id: str
    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 3600.0


class _Named(msgspec.Struct, frozen=True):
    name: str = ""


class _Detail(msgspec.Struct, frozen=True, rename="camel"):
    error_code: str = ""
    field_violations: list[dict[str, Any]] = []


class _Error(msgspec.Struct, frozen=True):
    status: str = ""
    message: str = ""
    details: list[_Detail] = []


class _Failed(msgspec.Struct, frozen=True):
    error: _Error = _Error()


class ServiceAccount:
    """Who we are to Google, out of the JSON file that its console gives."""

    def __init__(self, document: bytes) -> None:
        """Raises BadCredentials."""
        try:
            found = msgspec.json.decode(document, type=_Account)
            key = load_pem_private_key(found.private_key.encode(), password=None)
        except (msgspec.MsgspecError, UnicodeError, ValueError, TypeError) as error:
            raise BadCredentials(f"no service account of Firebase: {error}") from error
        if not isinstance(key, RSAPrivateKey) or not found.token_uri.startswith(("https://", "http://127.0.0.1:")):
            raise BadCredentials("no service account of Firebase: the key or the address for tokens is of another kind")
        self.project_id = found.project_id
        self.token_uri = found.token_uri
        self._email = found.client_email
        self._key_id = found.private_key_id
        self._key = key

    @classmethod
    def read(cls, path: Path) -> "ServiceAccount":
        """Raises BadCredentials."""
        try:
            document = path.read_bytes()
        except OSError as error:
            raise BadCredentials(f"{path} cannot be read: {error.strerror}") from error
        return cls(document)

    def assertion(self, now: datetime) -> str:
        claims = {
            "iss": self._email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": int(now.timestamp()),
            "exp": int((now + ASSERTION_LIFE).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id} if self._key_id else None)


class Fcm:
    """`api` is another address than Google's, for tests."""

    def __init__(self, account: ServiceAccount, *, api: str = API, send_s: float = SEND_S) -> None:
        self._account = account
        self._url = f"{api.rstrip('/')}/v1/projects/{account.project_id}/messages:send"
        self._send_s = send_s
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(send_s, connect=CONNECT_S), follow_redirects=False, headers={"User-Agent": "Lyceum"}
        )
        self._token = ""
        self._until: datetime | None = None
        self._asking = asyncio.Lock()

    async def send(self, push: MobilePush) -> Accepted:
        content = msgspec.json.encode({"message": _message(push, utc_now())})
        try:
            async with asyncio.timeout(self._send_s):
                answer = await self._posted(content)
                if answer.status_code == 401 and _error(answer)[1] != "THIRD_PARTY_AUTH_ERROR":
                    self._until = None
                    answer = await self._posted(content)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Held(f"FCM: {type(error).__name__}") from error
        return _outcome(answer)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _posted(self, content: bytes) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._access()}", "Content-Type": "application/json"}
        return await self._client.post(self._url, content=content, headers=headers)

    async def _access(self) -> str:
        """A token, asked for once however many messages wait for it. Raises Held."""
        async with self._asking:
            now = utc_now()
            if self._until is None or self._until <= now:
                form = {"grant_type": GRANT, "assertion": self._account.assertion(now)}
                granted = _granted(await self._client.post(self._account.token_uri, data=form))
                self._token = granted.access_token
                self._until = now + max(timedelta(seconds=granted.expires_in) - EARLY, timedelta(seconds=30))
            return self._token


def _granted(answer: httpx.Response) -> _Granted:
    if answer.is_success:
        try:
            return msgspec.json.decode(answer.content, type=_Granted)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise Held("Google's answer to our key cannot be read") from error
    if answer.status_code < 500 and answer.status_code != 429:
        log.error("Google does not take the key of our service account: %r", answer.text[:200])
    raise Held(f"Google answered {answer.status_code} to our key", _wait(answer))


def _message(push: MobilePush, now: datetime) -> dict[str, Any]:
    title, body = fitted_texts(push.title, push.body, MOST_TEXT_BYTES)
    ttl_s = max(0, min(push.ttl_s, MOST_TTL_S))
    collapse = collapse_id(push.collapse_key)
    high = push.urgency == "high"
    apns = {"apns-priority": "10" if high else "5", "apns-expiration": str(int(now.timestamp()) + ttl_s)}
    android: dict[str, Any] = {"priority": "HIGH" if high else "NORMAL", "ttl": f"{ttl_s}s"}
    if collapse:
        apns["apns-collapse-id"] = collapse
        # The tag replaces what is shown, the key what still waits.
        android |= {"collapse_key": collapse, "notification": {"tag": collapse}}
    return {
        "token": push.token,
        "notification": {"title": title, "body": body},
        "data": {"url": push.url},
        "android": android,
        "apns": {"headers": apns, "payload": {"aps": {"sound": "default"}} if high else {"aps": {}}},
    }


def _outcome(answer: httpx.Response) -> Accepted:
    """Raises Held, Refused."""
    if answer.is_success:
        try:
            return Accepted(msgspec.json.decode(answer.content, type=_Named).name)
        except (msgspec.MsgspecError, UnicodeError):
            return Accepted("")
    error, code = _error(answer)
    said = f"FCM answered {answer.status_code} {code or error.status}".rstrip()
    fields = {str(violation.get("field")) for detail in error.details for violation in detail.field_violations}
    if code in {"UNREGISTERED", "SENDER_ID_MISMATCH"} or fields & {"message.token", "token"}:
        raise Refused(said, gone=True)
    if answer.status_code in {401, 403, 404}:
        # Our project or key, or Apple's key in the project: one day right again, so nothing of a device's.
        log.error("%s: %r", said, error.message[:200])
        raise Held(said, QUOTA_WAIT_S)
    if answer.status_code == 429:
        raise Held(said, max(_wait(answer), QUOTA_WAIT_S))
    if answer.status_code >= 500 or answer.status_code == 408:
        raise Held(said, _wait(answer))
    raise Refused(said)


def _error(answer: httpx.Response) -> tuple[_Error, str]:
    """What went wrong, and FCM's own code for it."""
    try:
        error = msgspec.json.decode(answer.content, type=_Failed).error
    except (msgspec.MsgspecError, UnicodeError):
        return _Error(), ""
    return error, next((detail.error_code for detail in error.details if detail.error_code), "")


def _wait(answer: httpx.Response) -> float:
    return retry_after_s(answer.headers.get("retry-after", ""), utc_now())
