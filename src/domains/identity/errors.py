"""Situations of identity. Login answers never tell whether an account exists."""

from domains.kernel.errors import Conflict, Forbidden, Invalid, TooMany, Unauthenticated, Unavailable


class BadField(Invalid):
    """A field of the request is not acceptable; the member `field` names it."""

    code = "identity.bad_field"
    title = "A field is not acceptable"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


class WeakPassword(BadField):
    code = "identity.weak_password"
    title = "This password is not acceptable"

    def __init__(self, detail: str) -> None:
        super().__init__("password", detail)


class EmailTaken(Conflict):
    code = "identity.email_taken"
    title = "Somebody has registered with this e-mail address"


class UsernameTaken(Conflict):
    code = "identity.username_taken"
    title = "Somebody has this user name"


class BadCredentials(Unauthenticated):
    code = "identity.bad_credentials"
    title = "Wrong e-mail, user name or password"


class TooManyFailures(TooMany):
    code = "identity.too_many_failures"
    title = "Too many failed logins; try again later"


class TooManyRegistrations(TooMany):
    code = "identity.too_many_registrations"
    title = "Too many registrations from this address; try again later"


class Busy(Unavailable):
    code = "identity.busy"
    title = "Too many logins or registrations at once; try again in a moment"


class Banned(Forbidden):
    code = "identity.banned"
    title = "This account is closed"


class RoleMissing(Forbidden):
    code = "identity.role_missing"
    title = "This needs a role that you do not have"


class TokenInvalid(Unauthenticated):
    code = "identity.token_invalid"
    title = "The access token is not valid"


class TokenExpired(Unauthenticated):
    code = "identity.token_expired"
    title = "The access token has expired"


class SessionEnded(Unauthenticated):
    code = "identity.session_ended"
    title = "This login session has ended"


class TicketInvalid(Unauthenticated):
    code = "identity.ticket_invalid"
    title = "The ticket is unknown, used or older than a minute"


class TooManyTickets(TooMany):
    code = "identity.too_many_tickets"
    title = "Too many tickets of this login session wait to be used"


class RefreshInvalid(Unauthenticated):
    code = "identity.refresh_invalid"
    title = "The refresh token is not valid"


class RefreshReused(Unauthenticated):
    code = "identity.refresh_reused"
    title = "The refresh token was used before; its login session has been ended"
