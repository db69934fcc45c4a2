"""What goes over the wire about logins at other providers."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domains.identity.schemas.ways import Short
from domains.kernel.wire import In, Out

Address = Annotated[str, Meta(max_length=2000)]


class OidcProviderOut(Out, frozen=True):
    name: str
    """As in `/auth/oidc/{provider}`."""
    title: str
    """To show to people."""


class OidcProvidersOut(Out, frozen=True):
    providers: list[OidcProviderOut]


class OidcStartIn(In, frozen=True):
    redirect_uri: Address | None = None
    """A page below `public_url` or one of the allowed origins; `public_url` itself by default."""
    link: bool = False
    """To link the provider to the account that is logged in."""


class OidcStartOut(Out, frozen=True):
    url: str
    """Where the browser goes."""
    verifier: str
    """Kept by the client, in no address, and shown at the exchange: the code is good with it only."""
    expires_in: int


class OidcExchangeIn(In, frozen=True):
    code: Short
    verifier: Short


class OidcLogoutIn(In, frozen=True):
    redirect_uri: Address | None = None


class OidcLogoutOut(Out, frozen=True):
    url: str | None
    """Where the browser goes to end the login at the provider too; null where there is nothing to end."""


class LinkedOut(Out, frozen=True):
    provider: str
    email: str | None
    """As the provider says; for its owner to tell accounts apart."""
    linked_at: datetime
    last_used_at: datetime | None


class LinkedListOut(Out, frozen=True):
    linked: list[LinkedOut]
