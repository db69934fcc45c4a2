"""Situations that a caller can act on. Each has a stable code; the HTTP shape is made in one place (app.problems).

AppError
├── Invalid          400  the request says something impossible
├── Unauthenticated  401  who are you?
├── PaymentRequired  402  an entitlement is missing
├── Forbidden        403  known, but not allowed
├── NotFound         404  no such thing, or not yours: the two look the same
├── Conflict         409  the state does not allow it
├── TooMany          429  slow down; `retry_after_s` says how long
└── Unavailable      503  a dependency is away; the same call may succeed later
"""

from typing import Any, ClassVar


class AppError(Exception):
    """Base of every situation. `detail` is for a person; `code` is for a program and never changes."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.extra = extra
        """Further public members of the problem document, e.g. the field that is wrong."""


class Invalid(AppError):
    status = 400
    code = "invalid"
    title = "The request is not valid"


class Unauthenticated(AppError):
    status = 401
    code = "unauthenticated"
    title = "Authentication is required"


class PaymentRequired(AppError):
    status = 402
    code = "payment_required"
    title = "This needs a purchase"


class Forbidden(AppError):
    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFound(AppError):
    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(AppError):
    status = 409
    code = "conflict"
    title = "The state does not allow this"


class TooMany(AppError):
    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.retry_after_s = retry_after_s


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    title = "Temporarily unavailable"
