"""A push service, Google's tokens and FCM over real HTTP, with their faults.

with PushServer() as pushes:
    browser = Subscriber(pushes.url)
    …
    pushes.faults.append(Fault(429, {"retry-after": "7"}))
    browser.read(pushes.calls[0])
"""

import asyncio
import json
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import http_ece
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domains.kernel.addresses import PublicHttps, parsed
from domains.notifications.channels.web_push_crypto import public_point

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


@dataclass
class Fault:
    """Answers so, instead of taking it; with `seconds`, after so long. `path`: only for calls that contain it."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    path: str = ""


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Loopback(PublicHttps):
    """Where tests may send to: the doubles, and nowhere else."""

    def takes(self, url: str) -> bool:
        found = parsed(url)
        return found is not None and found.host in {"127.0.0.1", "localhost"}

    def reaches(self, address: str) -> bool:
        return address == "127.0.0.1"


class Subscriber:
    """A browser: makes the keys of a subscription, and reads with an implementation that is not ours."""

    def __init__(self, service_url: str, name: str = "") -> None:
        self.endpoint = f"{service_url}/push/{name or os.urandom(8).hex()}"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.p256dh = public_point(self.key)
        self.auth = os.urandom(16)

    def read(self, call: Call) -> bytes:
        assert call.headers["content-encoding"] == "aes128gcm"
        found: bytes = http_ece.decrypt(call.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return found


class Console:
    """Firebase's console: a project with a service account. `document` is the file that it gives."""

    def __init__(self, service_url: str) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_key = self._key.public_key()
        self.email = "pusher@lyceum-test.iam.gserviceaccount.com"
        self.token_uri = f"{service_url}/token"
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.document = json.dumps(
            {
                "type": "service_account",
                "project_id": "lyceum-test",
                "private_key_id": "key-1",
                "private_key": pem,
                "client_email": self.email,
                "token_uri": self.token_uri,
            }
        ).encode()


class PushServer:
    """Listens while it is entered. `faults` are used up one by one; `calls` are those that came, tokens apart."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.token_calls: list[Call] = []
        self.unregistered: set[str] = set()
        self.in_flight = self.most_in_flight = 0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.console = Console(self.url)
        self._tokens: set[str] = set()
        config = uvicorn.Config(
            self._app, interface="asgi3", log_config=None, lifespan="off", timeout_graceful_shutdown=1, ws="none"
        )
        config.load()
        config.ssl = tls
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> "PushServer":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def end_tokens(self) -> None:
        """Google takes none of those that it gave."""
        self._tokens.clear()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        call = Call(scope["path"], headers, body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            status, said, answer = await self._answer(call)
        finally:
            self.in_flight -= 1
        start = [
            (name.encode(), value.encode()) for name, value in {"content-length": str(len(answer)), **said}.items()
        ]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        (self.token_calls if call.path == "/token" else self.calls).append(call)
        fault = next((fault for fault in self.faults if fault.path in call.path), None)
        if fault is not None:
            self.faults.remove(fault)
            await asyncio.sleep(fault.seconds)
            if fault.status != 200:
                return fault.status, fault.headers, fault.body
        if call.path == "/token":
            return self._grant(call)
        if call.path.startswith("/push/"):
            assert int(call.headers["ttl"]) >= 0
            return 201, {"location": f"/message/{len(self.calls)}"}, b""
        return self._fcm(call)

    def _grant(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        try:
            claims = jwt.decode(
                form["assertion"],
                self.console.public_key,
                algorithms=["RS256"],
                audience=self.console.token_uri,
                issuer=self.console.email,
                options={"require": ["exp", "iat"]},
            )
        except jwt.InvalidTokenError:
            return 400, {}, b'{"error": "invalid_grant"}'
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        token = f"ya29.{os.urandom(8).hex()}"
        self._tokens.add(token)
        return 200, {}, json.dumps({"access_token": token, "expires_in": 3599, "token_type": "Bearer"}).encode()

    def _fcm(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        if call.path != "/v1/projects/lyceum-test/messages:send":
            return fcm_error(404, "NOT_FOUND")
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return fcm_error(401, "UNAUTHENTICATED")
        message = call.json()["message"]
        if message["token"] in self.unregistered:
            return fcm_error(404, "NOT_FOUND", "UNREGISTERED")
        return 200, {}, json.dumps({"name": f"projects/lyceum-test/messages/{len(self.calls)}"}).encode()


def fcm_error(status: int, name: str, code: str = "", **detail: Any) -> tuple[int, dict[str, str], bytes]:
    details = [{"@type": FCM_ERROR, "errorCode": code}] if code else []
    details += [{"@type": "type.googleapis.com/google.rpc.BadRequest", **detail}] if detail else []
    error = {"code": status, "status": name, "message": "as the double says", "details": details}
    return status, {"content-type": "application/json"}, json.dumps({"error": error}).encode()
