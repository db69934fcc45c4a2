"""An OpenID provider on this machine: `oidc-provider-mock`, behind a front that signs with keys of its own, insists on
PKCE, and lies where a test wants it to."""

import base64
import hashlib
import json
import logging
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

with warnings.catch_warnings(record=True):  # of the libraries that it stands on
    import oidc_provider_mock

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published(key: PrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    """As in a JSON Web Key Set."""
    public: Any = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        found: Any = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        found = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        found = OKPAlgorithm.to_jwk(public, as_dict=True)
    return {**found, "kid": kid, "use": "sig", **members}


class IdentityProvider:
    """What it does is changed by setting its attributes; `reset` makes it honest again."""

    def __init__(self) -> None:
        self.port = 0
        self._mock = oidc_provider_mock.app()
        self._people: set[str] = set()
        self.reset()

    def reset(self) -> None:
        self.key: PrivateKey = RSA_KEY
        self.keys = [published(RSA_KEY, "one")]
        self.algorithm = "RS256"
        self.header: dict[str, Any] = {"kid": "one"}
        self.claims: dict[str, Any] = {}
        """Of ID tokens, instead of the true ones; None leaves one out."""
        self.metadata: dict[str, Any] = {}
        self.answers: dict[str, Response] = {}
        """By path, instead of the true ones."""
        self.iss: str | None = None
        self.waits: threading.Event | None = None
        """Requests wait for it."""
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.challenges: dict[str, str] = {}
        for sub in self._people:
            self.person(sub)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def signed(self, claims: dict[str, Any]) -> str:
        found = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(found, self.key, self.algorithm, headers=self.header)

    def person(self, sub: str, **claims: Any) -> str:
        """Somebody with an account there."""
        self._people.add(sub)
        request = Request.from_values(f"/users/{sub}", method="PUT", base_url=self.issuer, json=claims)
        assert self._passed_on(request).status_code == 204
        return sub

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data(cache=True)  # before a form is read out of it, so that it can be passed on
        self.asked.append(request.path)
        if self.waits is not None:
            self.waits.wait(5)
        answer = self.answers.get(request.path) or self._answer(request)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match request.path:
            case "/jwks":
                return _json({"keys": self.keys})
            case "/.well-known/openid-configuration":
                found = json.loads(self._passed_on(request).get_data())
                return _json({name: value for name, value in (found | self.metadata).items() if value is not None})
            case "/oauth2/authorize":
                return self._authorized(request)
            case "/oauth2/token":
                return self._granted(request)
        return self._passed_on(request)

    def _authorized(self, request: Request) -> Response:
        assert request.args["code_challenge_method"] == "S256"
        answer = self._passed_on(request)
        code = parse_qs(urlsplit(answer.headers["Location"]).query).get("code", [""])[0]
        self.challenges[code] = request.args["code_challenge"]
        if self.iss is not None:
            answer.headers["Location"] += f"&iss={self.iss}"
        return answer

    def _granted(self, request: Request) -> Response:
        form = request.form.to_dict()
        self.forms.append(form)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenges.get(form["code"]):
            return _json({"error": "invalid_grant"}, 400)
        answer = self._passed_on(request)
        if answer.status_code != 200:
            return answer
        granted = json.loads(answer.get_data())
        claims = jwt.decode(granted["id_token"], options={"verify_signature": False})
        return _json(granted | {"id_token": self.signed(claims | self.claims)})

    def _passed_on(self, request: Request) -> Response:
        body = request.get_data()
        if request.path == "/oauth2/token" and b"client_id" in body and b"client_secret" not in body:
            body += b"&client_secret=none"  # the mock knows no public clients
        environ = request.environ | {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        parts, status, headers = run_wsgi_app(self._mock, environ, buffered=True)
        return Response(b"".join(parts), status=status, headers=headers)


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json")


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    for name in ("werkzeug", "oidc_provider_mock"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    provider = IdentityProvider()
    server = make_server("localhost", 0, provider, threaded=True)
    provider.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
