"""Situations of identity. Login answers never tell whether an account exists."""

from domains.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated, Unavailable


class BadField(Invalid):
    """A field of the request is not acceptable; the member `field` names it."""

    code = "identity.bad_field"
    title = "A field is not acceptable"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


class WeakPassword(BadField):
    code = "identity.weak_password"
    title = "This password is not acceptable"

    def __init__(self, detail: str, *, field: str = "password") -> None:
        super().__init__(field, detail)


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


class CodeInvalid(Invalid):
    code = "identity.code_invalid"
    title = "The code is wrong, used, too old or not the one that was asked for here"


class TooManyCodes(TooMany):
    code = "identity.too_many_codes"
    title = "Too many codes were asked for; try again later"


class NotAGuest(Conflict):
    code = "identity.not_a_guest"
    title = "This is not a guest's account: it has a way in of its own"


class DeviceUnknown(Unauthenticated):
    code = "identity.device_unknown"
    title = "No guest is known by this device"


class MergeImpossible(Conflict):
    code = "identity.merge_impossible"
    title = "An account cannot be merged with itself, nor into a guest's, nor one of the staff into another"


class PasswordWrong(Forbidden):
    code = "identity.password_wrong"
    title = "This is not the password of the account"


class LastWayIn(Conflict):
    code = "identity.last_way_in"
    title = "This is the only way into the account"


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


class ReadOnly(Forbidden):
    code = "identity.read_only"
    title = "Who looks through somebody's eyes changes nothing"


class OwnAccount(Forbidden):
    code = "identity.own_account"
    title = "Nobody does this to their own account"


class StaffProtected(Forbidden):
    code = "identity.staff_protected"
    title = "This person belongs to the staff"


class LastAdmin(Conflict):
    code = "identity.last_admin"
    title = "This is the last admin"


class AccountClosed(Conflict):
    code = "identity.account_closed"
    title = "This account is closed"


class PersonUnknown(NotFound):
    code = "identity.person_unknown"
    title = "There is no such person"


class StepUpNeeded(Forbidden):
    code = "identity.step_up_needed"
    title = "Prove once more who you are, and try again within five minutes"


class PendingInvalid(Unauthenticated):
    code = "identity.pending_invalid"
    title = "This login does not wait any more; begin again"


class FactorWrong(Unauthenticated):
    code = "identity.second_factor_wrong"
    title = "This is not the second factor"


class FactorMissing(Conflict):
    code = "identity.second_factor_missing"
    title = "No second factor is asked for at this account's logins"


class TotpOn(Conflict):
    code = "identity.totp_on"
    title = "An authenticator app is set up; remove it to set up another one"


class TotpUnknown(Conflict):
    code = "identity.totp_unknown"
    title = "No authenticator app waits for its first code"


class PasskeyRefused(Invalid):
    code = "identity.passkey_refused"
    title = "The answer of the passkey is wrong, used, too old or not for this"


class PasskeyKnown(Conflict):
    code = "identity.passkey_known"
    title = "This passkey is registered"


class TooManyPasskeys(Conflict):
    code = "identity.too_many_passkeys"
    title = "The account has as many passkeys as it may have"


class OidcUnknown(NotFound):
    code = "identity.oidc_unknown"
    title = "There is no such login provider here"


class OidcAway(Unavailable):
    code = "identity.oidc_unavailable"
    title = "The login provider does not answer; try again in a moment"


class OidcDenied(Invalid):
    code = "identity.oidc_denied"
    title = "The login provider let nobody in"


class OidcRefused(Invalid):
    code = "identity.oidc_refused"
    title = "What the login provider says cannot be believed"


class OidcFlowInvalid(Invalid):
    code = "identity.oidc_flow_invalid"
    title = "This login is unknown, used, too old or was begun elsewhere; begin again"


class OidcLinkNeeded(Conflict):
    code = "identity.oidc_link_needed"
    title = "There is an account with this e-mail address; log in to it and link the provider"


class OidcTaken(Conflict):
    code = "identity.oidc_taken"
    title = "This login is linked to another account, or another login of the provider to this one"


class ExportUnderWay(Conflict):
    code = "identity.export_under_way"
    title = "A copy is being made; there is one at a time"


class ExportNotReady(Conflict):
    code = "identity.export_not_ready"
    title = "This copy is not ready"


class ExportUnknown(NotFound):
    code = "identity.export_unknown"
    title = "There is no such copy any more"


class TokenInvalid(Unauthenticated):
    code = "identity.token_invalid"
    title = "The access token is not valid"


class TokenExpired(Unauthenticated):
    code = "identity.token_expired"
    title = "The access token has expired"


class SessionEnded(Unauthenticated):
    code = "identity.session_ended"
    title = "This login session has ended"


class TimeZoneTooSoon(TooMany):
    code = "identity.time_zone_too_soon"
    title = "The time zone was changed a moment ago; it can be changed once a day"


class ApiKeyInvalid(Unauthenticated):
    code = "identity.api_key_invalid"
    title = "The API key is unknown, revoked or too old"


class ApiKeyUnknown(NotFound):
    code = "identity.api_key_unknown"
    title = "There is no such API key that is still good"


class ScopeMissing(Forbidden):
    code = "identity.scope_missing"
    title = "An API key with the scope that this needs was not given"


class OriginRefused(Forbidden):
    code = "identity.origin_refused"
    title = "Cookies are for pages of our own origins only"


class SessionUnknown(NotFound):
    code = "identity.session_unknown"
    title = "There is no such login session"


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
