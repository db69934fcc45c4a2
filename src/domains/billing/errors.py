"""Situations of billing that a caller can act on."""

from domains.kernel.errors import Conflict, Invalid, NotFound, PaymentRequired, TooMany, Unavailable


class ProductNotFound(NotFound):
    code = "billing.product_not_found"
    title = "Nothing of this kind is for sale"


class PriceNotFound(NotFound):
    code = "billing.price_not_found"
    title = "It has no price in this currency"


class OrderNotFound(NotFound):
    code = "billing.order_not_found"
    title = "No such payment"


class SubscriptionNotFound(NotFound):
    code = "billing.subscription_not_found"
    title = "No such subscription"


class DocumentNotFound(NotFound):
    code = "billing.document_not_found"
    title = "There is no such document yet"


class CouponRefused(Invalid):
    """The same for a code that never was, is used up, or is not for this: guessing must not pay."""

    code = "billing.coupon_refused"
    title = "This coupon cannot be used here"


class TooManyGuesses(TooMany):
    code = "billing.too_many_guesses"
    title = "Too many codes that are none"


class CodeRefused(Invalid):
    code = "billing.code_refused"
    title = "This code cannot be redeemed"


class PersonNotFound(Invalid):
    code = "billing.person_not_found"
    title = "There is no such person here"


class EntitlementNotFound(NotFound):
    code = "billing.entitlement_not_found"
    title = "No such entitlement"


class BadKey(Invalid):
    code = "billing.bad_key"
    title = "This is not the key of something that can be used"


class AlreadyOwned(Conflict):
    code = "billing.already_owned"
    title = "You have this already"


class StateForbids(Conflict):
    code = "billing.state_forbids"
    title = "Its state does not allow this"


class RefundTooLarge(Invalid):
    code = "billing.refund_too_large"
    title = "More than what is left of the payment"


class NoSeatLeft(Conflict):
    code = "billing.no_seat_left"
    title = "All seats are taken"


class NotOffered(Invalid):
    code = "billing.not_offered"
    title = "This is not offered"


class ProviderUnknown(Invalid):
    code = "billing.provider_unknown"
    title = "This payment provider is not set up"


class ProviderRefused(Conflict):
    """The provider answered and did not do it; `detail` is what it said to us, made safe to show."""

    code = "billing.provider_refused"
    title = "The payment provider refused"


class ProviderAway(Unavailable):
    code = "billing.provider_away"
    title = "The payment provider does not answer; try again in a moment"


class AccessRequired(PaymentRequired):
    code = "billing.access_required"
    title = "This has to be bought first"


class BadSignature(Invalid):
    code = "billing.bad_signature"
    title = "The signature does not fit"


class WebhookUnreadable(Invalid, ValueError):
    """Its signature fits, and it is not what this provider sends."""

    code = "billing.webhook_unreadable"
    title = "The body cannot be read"


class WebhooksClosed(NotFound):
    code = "billing.webhooks_closed"
    title = "No webhook secret is set"


class WebhookNotFound(NotFound):
    code = "billing.webhook_not_found"
    title = "No such webhook"


class BadField(Invalid):
    """The member `field` names it."""

    code = "billing.bad_field"
    title = "A field is not acceptable"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


class AlreadyThere(Conflict):
    code = "billing.already_there"
    title = "There is one already"


class CouponNotFound(NotFound):
    code = "billing.coupon_not_found"
    title = "No such coupon"


class CatalogueInvalid(Invalid):
    """`detail` has one line for each thing that is wrong, with its place in the file."""

    code = "billing.catalogue_invalid"
    title = "The catalogue cannot be read like this"
