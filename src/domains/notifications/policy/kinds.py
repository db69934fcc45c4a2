"""The kinds of things that people are told, as data. A kind is never removed: rows speak of it for years."""

from typing import Literal, NamedTuple

Channel = Literal["in_app", "email", "web_push", "mobile_push"]
Category = Literal["account", "learning", "social", "billing", "class", "marketing"]
Urgency = Literal["low", "normal", "high"]

IN_APP: Channel = "in_app"
EMAIL: Channel = "email"
PUSH: tuple[Channel, ...] = ("web_push", "mobile_push")
CHANNELS: tuple[Channel, ...] = (IN_APP, EMAIL, *PUSH)
CATEGORIES: tuple[Category, ...] = ("account", "learning", "social", "billing", "class", "marketing")

HOUR_S = 3600
DAY_S = 24 * HOUR_S


class Kind(NamedTuple):
    """`channels`: where it goes unless the person says otherwise. `optional`: may be switched off. `digestible`: may
    wait for the daily or weekly mail. `ttl_s`: after so long it is not worth telling any more. `critical`: neither
    quiet hours nor the daily cap nor a pause hold it back."""

    id: str
    category: Category
    channels: frozenset[Channel]
    optional: bool = True
    digestible: bool = False
    ttl_s: int = 7 * DAY_S
    urgency: Urgency = "normal"
    critical: bool = False


def _kind(id_: str, category: Category, *channels: Channel, **rest: object) -> Kind:
    return Kind(id_, category, frozenset(channels), **rest)  # type: ignore[arg-type]


_ALL: tuple[Kind, ...] = (
    # Account: whoever switches these off would be locked out or not know of a break-in.
    _kind("welcome", "account", IN_APP, EMAIL, ttl_s=2 * DAY_S),
    _kind("verify_address", "account", EMAIL, optional=False, critical=True, ttl_s=DAY_S, urgency="high"),
    _kind("leave_address", "account", EMAIL, optional=False, critical=True, ttl_s=HOUR_S, urgency="high"),
    _kind("login_code", "account", EMAIL, optional=False, critical=True, ttl_s=HOUR_S, urgency="high"),
    _kind("password_reset", "account", EMAIL, optional=False, critical=True, ttl_s=HOUR_S, urgency="high"),
    _kind("security_notice", "account", IN_APP, EMAIL, optional=False, critical=True, urgency="high"),
    _kind("export_ready", "account", IN_APP, EMAIL, optional=False),
    _kind("account_deleted", "account", EMAIL, optional=False, critical=True),
    _kind("contact_answered", "account", EMAIL, optional=False),
    # Billing: what was paid, and what will be.
    _kind("course_purchased", "billing", IN_APP, EMAIL, optional=False),
    _kind("invoice_issued", "billing", IN_APP),
    _kind("payment_refunded", "billing", IN_APP, EMAIL, optional=False),
    _kind("payment_failed", "billing", IN_APP, EMAIL, *PUSH, optional=False, urgency="high"),
    _kind("subscription_changed", "billing", IN_APP, EMAIL, optional=False),
    _kind("subscription_ends", "billing", IN_APP, EMAIL, optional=False),
    _kind("trial_refused", "billing", IN_APP, EMAIL, optional=False),
    _kind("course_access_granted", "billing", IN_APP, EMAIL),
    # Learning: little, and at the right hour.
    _kind("lesson_completed", "learning", IN_APP, digestible=True, ttl_s=DAY_S, urgency="low"),
    _kind("course_completed", "learning", IN_APP, EMAIL, digestible=True),
    _kind("answer_accepted", "learning", IN_APP, EMAIL, digestible=True),
    _kind("achievement", "learning", IN_APP, digestible=True, urgency="low"),
    _kind("streak_at_risk", "learning", IN_APP, *PUSH, ttl_s=6 * HOUR_S, urgency="high"),
    _kind("streak_frozen", "learning", IN_APP, *PUSH, ttl_s=DAY_S),
    _kind("league_entered", "learning", IN_APP, digestible=True, ttl_s=2 * DAY_S, urgency="low"),
    _kind("league_result", "learning", IN_APP, *PUSH, digestible=True, ttl_s=3 * DAY_S),
    _kind("weekly_recap", "learning", EMAIL, ttl_s=3 * DAY_S, urgency="low"),
    # What waited for it, in one mail; whether it is wanted was said for what is in it.
    _kind("digest", "learning", EMAIL, optional=False, ttl_s=DAY_S, urgency="low"),
    # Social.
    _kind("friend_request", "social", IN_APP, *PUSH, digestible=True),
    _kind("friend_accepted", "social", IN_APP, *PUSH, digestible=True),
    _kind("kudos", "social", IN_APP, digestible=True, ttl_s=2 * DAY_S, urgency="low"),
    _kind("quest_invitation", "social", IN_APP, *PUSH, digestible=True, ttl_s=2 * DAY_S),
    # From people who teach or run the place.
    _kind("class_announcement", "class", IN_APP, EMAIL, *PUSH),
    _kind("course_work", "class", IN_APP, EMAIL, digestible=True),
    _kind("announcement", "marketing", IN_APP, EMAIL, ttl_s=3 * DAY_S, urgency="low"),
)

KINDS: dict[str, Kind] = {kind.id: kind for kind in _ALL}
"""By id, in the order in which a settings page lists them."""

TO_ANY_ADDRESS = {"verify_address"}
"""Kinds that name the address they go to themselves: it is not (yet) the account's."""
