"""Passkeys by the `webauthn` library: what a browser is asked for, and whether its answer is right.

Invariant: every passkey is found without a name and has checked, by a PIN, a finger or a face, who uses it. So each is
a way in, and two factors. Whatever is wrong with an answer, it is `PasskeyRefused`: the bytes come from strangers, and
a library that reads them fails in many ways.

Decision: the library is imported with the process, though it brings pyOpenSSL and two hundred milliseconds.
Context: an import inside a function would block the loop for that long at the first passkey.
Consequence: a start takes that much longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from domains.identity.errors import PasskeyRefused
from domains.identity.policy.factors import CHALLENGE_LIFETIME
from domains.identity.repository.passkeys import Descriptor

_TIMEOUT_MS = int(CHALLENGE_LIFETIME.total_seconds() * 1000)
_LONGEST_ID = 1023


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who passkeys are made for: a host name, and the origins from which they may be used."""

    id: str
    origins: tuple[str, ...]

    @classmethod
    def of(cls, public_url: str, origins: Sequence[str], domain: str = "") -> "RelyingParty":
        """Of `domain` or else the host in `public_url`, with those of `origins` that lie at or below it. Browsers want
        a name, so this machine's own address becomes `localhost`."""
        host = domain.lower() or _named(public_url)
        below = (origin for origin in origins if f".{_named(origin)}".endswith(f".{host}"))
        return cls(host, tuple(below))


@dataclass(frozen=True, slots=True)
class Registered:
    """A new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


@dataclass(frozen=True, slots=True)
class Asserted:
    """An answer to a challenge, of which nothing is known to be true yet."""

    challenge: bytes
    credential_id: bytes
    user_handle: bytes | None
    """Whose it is, by the authenticator; many second factors do not tell."""
    raw: dict[str, Any]


def registration_options(
    party: RelyingParty, *, challenge: bytes, user_id: UUID, user_name: str, name: str, known: Sequence[Descriptor]
) -> dict[str, Any]:
    """For `navigator.credentials.create`."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name="Lyceum",
        user_id=user_id.bytes,
        user_name=user_name,
        user_display_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[_described(one) for one in known],
    )
    return options_to_json_dict(options)


def authentication_options(party: RelyingParty, *, challenge: bytes, known: Sequence[Descriptor]) -> dict[str, Any]:
    """For `navigator.credentials.get`. `known` empty: any that the person has."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=[_described(one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_of(answer: dict[str, Any]) -> bytes:
    """The challenge that a new passkey claims to answer. Raises PasskeyRefused."""
    try:
        response = parse_registration_credential_json(answer).response
        return parse_client_data_json(response.client_data_json).challenge
    except Exception:  # noqa: BLE001 - see the module
        raise PasskeyRefused from None


def registered(party: RelyingParty, answer: dict[str, Any], challenge: bytes) -> Registered:
    """Raises PasskeyRefused."""
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
        transports = parse_registration_credential_json(answer).response.transports or []
    except Exception:  # noqa: BLE001 - see the module
        raise PasskeyRefused from None
    if len(found.credential_id) > _LONGEST_ID:
        raise PasskeyRefused
    return Registered(
        found.credential_id, found.credential_public_key, found.sign_count, [one.value for one in transports]
    )


def asserted(answer: dict[str, Any]) -> Asserted:
    """Raises PasskeyRefused."""
    try:
        found = parse_authentication_credential_json(answer)
        challenge = parse_client_data_json(found.response.client_data_json).challenge
    except Exception:  # noqa: BLE001 - see the module
        raise PasskeyRefused from None
    return Asserted(challenge, found.raw_id, found.response.user_handle, answer)


def proved(party: RelyingParty, given: Asserted, public_key: bytes) -> int:
    """How often the authenticator says that it has signed; whether that is plausible is the caller's to judge. Raises
    PasskeyRefused."""
    try:
        found = verify_authentication_response(
            credential=given.raw,
            expected_challenge=given.challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - see the module
        raise PasskeyRefused from None
    return found.new_sign_count


def _described(one: Descriptor) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(transport) for transport in one.transports]
    return PublicKeyCredentialDescriptor(id=one.credential_id, transports=transports)


def _named(url: str) -> str:
    host = urlsplit(url).hostname or ""
    try:
        return "localhost" if ip_address(host).is_loopback else host
    except ValueError:
        return host
