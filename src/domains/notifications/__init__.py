"""What a learner is told: the in-app inbox.

Owns notifications and whether they were read. Does not own what they speak of: it reacts to facts, and nobody calls it.

Decision: one row per cause (`dedupe_key`). Context: reactions run at least once. Consequence: a repeated reaction
tells nothing twice.
"""

from domains.kernel.domain import Domain
from domains.notifications.controllers.admin import NotificationsAdminController
from domains.notifications.controllers.announcements import AnnouncementsController
from domains.notifications.controllers.bounces import MailWebhookController, SuppressionsController
from domains.notifications.controllers.class_announcements import ClassAnnouncementsController
from domains.notifications.controllers.contact import ContactController, TicketsController
from domains.notifications.controllers.devices import DevicesController
from domains.notifications.controllers.inbox import NotificationsController
from domains.notifications.controllers.links import LinksController
from domains.notifications.controllers.local_mail import LocalMailController, MailPreviewController
from domains.notifications.controllers.preferences import PreferencesController
from domains.notifications.controllers.unsubscribe import UnsubscribeController
from domains.notifications.events import DeliveryDue, NotificationCreated, NotificationsRead, TicketAnswered
from domains.notifications.handlers import SUBSCRIPTIONS
from domains.notifications.jobs import JOBS
from domains.notifications.repository.rights import PERSONAL_DATA

DOMAIN = Domain(
    "notifications",
    routes=[
        NotificationsController,
        PreferencesController,
        NotificationsAdminController,
        DevicesController,
        ContactController,
        TicketsController,
        AnnouncementsController,
        ClassAnnouncementsController,
        LinksController,
        UnsubscribeController,
        MailWebhookController,
        SuppressionsController,
        MailPreviewController,
        LocalMailController,
    ],
    events=[DeliveryDue, NotificationCreated, NotificationsRead, TicketAnswered],
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)
