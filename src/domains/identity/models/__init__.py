"""Tables of identity, one module per topic. All are imported here, so that the migrations know them."""

from domains.identity.models import api_keys, audit, codes, core, factors, oidc, rights, roles
from domains.identity.models.core import (
    LoginFailure,
    LoginPlace,
    LoginSession,
    RefreshToken,
    SigningKey,
    User,
    UserRole,
)

__all__ = [
    "LoginFailure",
    "LoginPlace",
    "LoginSession",
    "RefreshToken",
    "SigningKey",
    "User",
    "UserRole",
    "api_keys",
    "audit",
    "codes",
    "core",
    "factors",
    "oidc",
    "rights",
    "roles",
]
