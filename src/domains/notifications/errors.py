"""Situations of notifications."""

from domains.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable


class NotificationNotFound(NotFound):
    code = "notifications.not_found"
    title = "No such notification"


class NothingToResend(Conflict):
    code = "notifications.nothing_to_resend"
    title = "Only what failed or came too late is sent again"


class BadSubscription(Invalid):
    code = "notifications.bad_subscription"
    title = "This is no subscription of a browser"


class DeviceNotFound(NotFound):
    code = "notifications.device_not_found"
    title = "No such device"


class WebPushNotOffered(Unavailable):
    code = "notifications.web_push_not_offered"
    title = "Push to browsers is not set up here"


class LinkUnknown(NotFound):
    code = "notifications.link_unknown"
    title = "This link is not one of ours, or its account is no more"


class NotSuppressed(NotFound):
    code = "notifications.not_suppressed"
    title = "This address is not suppressed"


class TicketNotFound(NotFound):
    code = "notifications.ticket_not_found"
    title = "No such message"


class TicketDone(Conflict):
    code = "notifications.ticket_done"
    title = "This message has been answered or closed"


class TooManyMessages(TooMany):
    code = "notifications.too_many_messages"
    title = "Too many messages; try again later"


class AnnouncementNotFound(NotFound):
    code = "notifications.announcement_not_found"
    title = "No such announcement"


class AnnouncementFixed(Conflict):
    code = "notifications.announcement_fixed"
    title = "The announcement is no longer a draft, or is over"


class BadAudience(Invalid):
    code = "notifications.bad_audience"
    title = "An audience is everybody, course:<id> or role:<name>"


class ChoiceNotOffered(Invalid):
    """Unknown, impossible on that channel, or something that nobody can switch off."""

    code = "notifications.choice_not_offered"
    title = "This cannot be chosen"


class LetterUnknown(NotFound):
    code = "notifications.letter_unknown"
    title = "There is no such mail"
