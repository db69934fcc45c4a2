"""Identity owns who somebody is: accounts, roles, login sessions, tokens and signing keys.

It does not own what people tell about themselves (profiles) nor what they may use (billing).

Decision: refresh tokens are opaque, and each successor is derived from its predecessor and a stored salt.
Context: parallel refreshes and lost answers look like theft, but storing tokens to repeat them would store secrets.
Consequence: within the grace every caller gets the same successor, so a family never forks.
"""

from domains.identity.controllers import AuthController, create_ticket, show_signing_keys
from domains.identity.events import SessionsRevoked, UserCreated
from domains.identity.jobs import JOBS
from domains.kernel.domain import Domain

DOMAIN = Domain(
    name="identity",
    routes=(AuthController, create_ticket, show_signing_keys),
    events=(UserCreated, SessionsRevoked),
    jobs=JOBS,
)
