"""A software authenticator and the browser around it: makes passkeys and signs with them, rightly or as told."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")


@dataclass
class Authenticator:
    """One key on one device, used from the pages of `origin`. `counts`: it tells how often it has signed."""

    origin: str = "http://localhost:8000"
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    signed: int = 0
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """Answers creation options; `said` replaces what the browser says: `origin`, `challenge`, `type`."""
        assert encoded(self.credential_id) not in [known["id"] for known in options["excludeCredentials"]]
        self.user_handle = decoded(options["user"]["id"])
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        size = len(self.credential_id).to_bytes(2, "big")
        credential = bytes(16) + size + self.credential_id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], self.flags | ATTESTED) + credential
        client = self._client("webauthn.create", options["challenge"], said)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """Answers request options; `said` may also hold another `rp_id`."""
        known = [one["id"] for one in options["allowCredentials"]]
        assert not known or encoded(self.credential_id) in known
        self.signed += self.counts
        data = self._data(said.pop("rp_id", options["rpId"]), self.flags)
        client = self._client("webauthn.get", options["challenge"], said)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer(**parts, userHandle=self.user_handle)

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.signed.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, said: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, **said}).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        name = encoded(self.credential_id)
        parts = {part: encoded(value) for part, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}, "response": parts}
