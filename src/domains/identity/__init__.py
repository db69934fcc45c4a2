"""Identity owns who somebody is: accounts, roles, login sessions, tokens and signing keys.

It does not own what people tell about themselves (profiles) nor what they may use (billing).

Decision: refresh tokens are opaque, and each successor is derived from its predecessor and a stored salt.
Context: parallel refreshes and lost answers look like theft, but storing tokens to repeat them would store secrets.
Consequence: within the grace every caller gets the same successor, so a family never forks.
"""

from domains.identity.controllers.admin import ImpersonationsController, PeopleController
from domains.identity.controllers.api_keys import ApiKeysController
from domains.identity.controllers.auth import AuthController, create_ticket, show_signing_keys
from domains.identity.controllers.codes import CodesController
from domains.identity.controllers.factors import FactorsController
from domains.identity.controllers.guests import GuestsController
from domains.identity.controllers.history import read_audit_log, read_history
from domains.identity.controllers.oidc import OidcController
from domains.identity.controllers.passkeys import PasskeysController
from domains.identity.controllers.rights import RightsController
from domains.identity.controllers.sessions import SessionsController, SessionsOfUserController
from domains.identity.events import (
    AccountErased,
    AccountMerged,
    CodeRequested,
    DeletionRequested,
    ExportReady,
    ExportRequested,
    RolesChanged,
    SecurityNoticed,
    SessionsRevoked,
    TimeZoneChanged,
    UserCreated,
)
from domains.identity.handlers import SUBSCRIPTIONS
from domains.identity.jobs import JOBS
from domains.identity.repository.rights import PERSONAL_DATA
from domains.kernel.domain import Domain

DOMAIN = Domain(
    name="identity",
    routes=(
        ApiKeysController,
        AuthController,
        CodesController,
        GuestsController,
        ImpersonationsController,
        FactorsController,
        OidcController,
        PasskeysController,
        PeopleController,
        RightsController,
        SessionsController,
        SessionsOfUserController,
        create_ticket,
        read_audit_log,
        read_history,
        show_signing_keys,
    ),
    events=(
        UserCreated,
        SessionsRevoked,
        SecurityNoticed,
        CodeRequested,
        AccountMerged,
        TimeZoneChanged,
        RolesChanged,
        ExportRequested,
        ExportReady,
        DeletionRequested,
        AccountErased,
    ),
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)
