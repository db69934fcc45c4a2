"""What goes over the wire about codes, passwords and guests."""

from typing import Annotated

from msgspec import Meta

from domains.identity.errors import BadField
from domains.identity.schemas.auth import TokensOut
from domains.kernel.wire import In, Out

Short = Annotated[str, Meta(max_length=300)]
Secret = Annotated[str, Meta(max_length=1000)]


class AddressIn(In, frozen=True):
    email: Short


class CodeIn(In, frozen=True):
    request_id: Short
    """As the request for the code was answered with."""
    code: Short


class CodeOrTokenIn(In, frozen=True):
    """`code` with `request_id`, or the `token` of the link in the mail."""

    request_id: Short | None = None
    code: Short | None = None
    token: Short | None = None

    def check(self, *, request_id_needed: bool = True) -> None:
        if (self.code is None) == (self.token is None):
            raise BadField("code", "give either code or token")
        if self.code is not None and self.request_id is None and request_id_needed:
            raise BadField("request_id", "a code goes with the request_id that was answered when it was asked for")


class ResetIn(CodeOrTokenIn, frozen=True, kw_only=True):
    password: Secret


class PasswordIn(In, frozen=True):
    new_password: Secret
    current_password: Secret | None = None
    """Not needed within five minutes of a login."""


class GuestIn(In, frozen=True):
    device_secret: Short | None = None
    """Of an earlier call, to come back as the same guest."""
    name: Short | None = None
    time_zone: Short = "UTC"
    locale: Short = "en"


class UpgradeIn(In, frozen=True):
    email: Short
    password: Secret


class MergeIn(In, frozen=True):
    access_token: Annotated[str, Meta(max_length=5000)]
    """Of the account that stays, from a login of at most five minutes ago."""


class RequestedOut(Out, frozen=True):
    """The same whether or not anybody has registered with the address."""

    request_id: str
    expires_in: int
    """Seconds that the code is good."""


class MoveOut(Out, frozen=True):
    waiting_for: list[str]
    """`old`, `new`: addresses that are still to be confirmed. With none left, the address is changed."""


class GuestOut(TokensOut, frozen=True, kw_only=True):
    device_secret: str | None = None
    """Only when the guest is new: the device keeps it, and nobody can be told it again."""
