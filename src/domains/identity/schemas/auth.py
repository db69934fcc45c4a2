"""What goes over the wire at login."""

from datetime import datetime
from uuid import UUID

from domains.identity.errors import BadField
from domains.identity.policy.fields import checked_text
from domains.kernel.wire import In, Out


class RegisterIn(In, frozen=True):
    email: str
    name: str
    password: str
    time_zone: str = "UTC"
    locale: str = "en"
    username: str | None = None


class LoginIn(In, frozen=True):
    """Either `email` or `username`."""

    password: str
    email: str | None = None
    username: str | None = None

    def check(self) -> None:
        if (self.email is None) == (self.username is None):
            raise BadField("email", "give either email or username")
        for field, value in (("email", self.email), ("username", self.username), ("password", self.password)):
            checked_text(field, value or "")


class RefreshIn(In, frozen=True):
    refresh_token: str


class UserOut(Out, frozen=True):
    id: UUID
    email: str | None
    """None for a guest."""
    email_verified: bool
    name: str
    roles: list[str]
    username: str | None
    time_zone: str
    locale: str
    deletion_at: datetime | None = None
    """When the account will be erased, unless `POST /auth/me/restore` takes that back."""


class ImpersonatedOut(Out, frozen=True):
    """For a banner that cannot be overlooked."""

    by: UUID
    name: str
    """Who of the staff looks on."""
    ends_at: datetime


class MeOut(UserOut, frozen=True, kw_only=True):
    impersonation: ImpersonatedOut | None = None
    """None for the person themselves."""
    flags: list[str]
    """The feature flags that are on for the person, by name."""


class TokensOut(Out, frozen=True):
    access_token: str
    refresh_token: str | None
    """Null where it is in a cookie."""
    expires_in: int
    """Seconds that the access token is valid."""
    user: UserOut
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name


class SecondFactorOut(Out, frozen=True):
    token: str
    """Goes to `POST /auth/second-factor`, with what one of `methods` gives."""
    methods: list[str]
    expires_in: int


class PendingOut(Out, frozen=True):
    """The first factor was right; nobody is logged in yet."""

    second_factor: SecondFactorOut


class TicketOut(Out, frozen=True):
    ticket: str
    """Good once: as `token` in the `auth` object of a Socket.IO connection."""
    expires_in: int
    """Seconds that the ticket is valid."""


class KeySetOut(Out, frozen=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]
