"""What goes over the wire about second factors, passkeys and proving once more who one is."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from domains.identity.errors import BadField
from domains.kernel.wire import In, Out

ShortCode = Annotated[str, Meta(max_length=20)]
RecoveryCode = Annotated[str, Meta(max_length=60)]
Token = Annotated[str, Meta(max_length=100)]
Answer = dict[str, Any]
"""Of a passkey, as `toJSON()` of the browser's PublicKeyCredential gives it."""


class FactorsOut(Out, frozen=True):
    totp: bool
    """Whether an authenticator app is set up."""
    passkeys: int
    recovery_codes: int
    """How many are still good."""
    wanted: bool
    """Whether a second factor is asked for at logins."""


class TotpOut(Out, frozen=True):
    secret: str
    """For authenticator apps without a camera. Told once."""
    uri: str
    qr_svg: str


class TotpCodeIn(In, frozen=True):
    code: ShortCode


class RecoveryCodesOut(Out, frozen=True):
    codes: list[str]
    """Each is good once. Told once."""


class SecondFactorIn(In, frozen=True):
    """`token` of the login that waits, with one of the three."""

    token: Token
    code: ShortCode | None = None
    recovery_code: RecoveryCode | None = None
    passkey: Answer | None = None

    def check(self) -> None:
        _check_one(code=self.code, recovery_code=self.recovery_code, passkey=self.passkey)


class PendingTokenIn(In, frozen=True):
    token: Token


class StepUpIn(In, frozen=True):
    """One of the three."""

    password: str | None = None
    code: ShortCode | None = None
    passkey: Answer | None = None

    def check(self) -> None:
        _check_one(password=self.password, code=self.code, passkey=self.passkey)


class StepUpOut(Out, frozen=True):
    expires_in: int
    """Seconds for which this login session counts as fresh."""


class PasskeyOptionsOut(Out, frozen=True):
    public_key: dict[str, Any]
    """For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`."""


class PasskeyIn(In, frozen=True):
    passkey: Answer
    name: str | None = None


class PasskeyLoginIn(In, frozen=True):
    passkey: Answer


class PasskeyChangeIn(In, frozen=True):
    name: str | None = None
    second_factor: bool | None = None
    """Whether it is asked for after every other way in."""


class PasskeyOut(Out, frozen=True):
    id: UUID
    name: str
    second_factor: bool
    created_at: datetime
    last_used_at: datetime | None


class PasskeyChangedOut(Out, frozen=True):
    passkey: PasskeyOut
    recovery_codes: list[str] | None
    """Told once, to somebody who has none yet and may need them from now on."""


class PasskeysOut(Out, frozen=True):
    items: list[PasskeyOut]


def _check_one(**given: object) -> None:
    if sum(value is not None for value in given.values()) != 1:
        raise BadField(next(iter(given)), f"give one of {', '.join(given)}")
