"""Every error leaves as an RFC 9457 problem document with a stable `code`, and nothing of our inside in it."""

import logging
from typing import Any, NamedTuple, Protocol

import asyncpg
import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domains.kernel.errors import AppError, TooMany
from domains.kernel.events import correlation_id

log = logging.getLogger(__name__)

_HTTP_CODES = {
    400: "http.bad_request",
    401: "http.unauthenticated",
    403: "http.forbidden",
    404: "http.not_found",
    405: "http.method_not_allowed",
    413: "http.body_too_large",
    415: "http.unsupported_media_type",
}


class RateLimited(TooMany):
    code = "rate_limited"
    title = "Too many requests; try again in a moment"

    def __init__(self, *, retry_after_s: int, headers: dict[str, str]) -> None:
        super().__init__(retry_after_s=retry_after_s)
        self.headers = headers


class Asked(Protocol):
    """As much of a request as an error needs to be understood."""

    @property
    def scope(self) -> Any: ...


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457. `code` is for programs and stable; further members may say which field is wrong."""

    title: str
    status: int
    code: str
    type: str = "about:blank"
    detail: str = ""
    correlation_id: str = ""


def problem(status: int, code: str, title: str, detail: str = "", **extra: Any) -> Response[bytes]:
    document = Problem(title=title, status=status, code=code, detail=detail, correlation_id=correlation_id.get())
    # `type` is part of every document, so it is not left out as a default.
    body = {**extra, "type": "about:blank", **msgspec.to_builtins(document)}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "retry_after_s" in extra:
        headers["Retry-After"] = str(extra["retry_after_s"])
    return Response(
        msgspec.json.encode(body), status_code=status, media_type="application/problem+json", headers=headers
    )


def app_error(_request: Any, error: AppError) -> Response[bytes]:
    extra = {"retry_after_s": error.retry_after_s} if isinstance(error, TooMany) else {}
    answer = problem(error.status, error.code, error.title, error.detail, **error.extra, **extra)
    if isinstance(error, RateLimited):
        answer.headers.update(error.headers)
    return answer


def http_error(_request: Any, error: HTTPException) -> Response[bytes]:
    if isinstance(error, ValidationException):
        return problem(400, "http.validation", "The request is not valid", _validation_detail(error))
    if error.status_code >= 500:
        return unexpected(_request, error)
    code = _HTTP_CODES.get(error.status_code, f"http.{error.status_code}")
    return problem(error.status_code, code, error.detail or "Refused")


def _validation_detail(error: ValidationException) -> str:
    """E.g. `password: Expected str of length >= 8`."""
    found = error.extra if isinstance(error.extra, list) else []
    lines = [_validation_line(item.get("key"), item.get("message")) for item in found if isinstance(item, dict)]
    return "; ".join(line for line in lines if line) or error.detail


def _validation_line(key: str | None, message: str | None) -> str:
    # The body as a whole is `data` here, a name that no client knows.
    if key == "data":
        return "A body of JSON is missing" if message == "'data'" else message or ""
    return ": ".join(part for part in (key, message) if part)


def malformed(_request: Any, _error: Exception) -> Response[bytes]:
    return problem(400, "http.validation", "The request is not valid", "The body cannot be read as this kind of JSON")


def unstorable(_request: Any, _error: Exception) -> Response[bytes]:
    told = "Something in it cannot be stored or looked for: a character that no text may have, or too large a number"
    return problem(400, "http.validation", "The request is not valid", told)


def database_error(request: Asked, error: DBAPIError) -> Response[bytes]:
    cause = error.orig.__cause__ if error.orig is not None else None
    if isinstance(cause, asyncpg.DataError | UnicodeEncodeError):
        return unstorable(request, error)
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError) or _is_away(cause):
        return away(request, error)
    return unexpected(request, error)


def postgres_error(request: Asked, error: asyncpg.PostgresError) -> Response[bytes]:
    if isinstance(error, asyncpg.DataError):
        return unstorable(request, error)
    return away(request, error) if _is_away(error) else unexpected(request, error)


def _is_away(error: BaseException | None) -> bool:
    return isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.QueryCanceledError
        | asyncpg.LockNotAvailableError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.TooManyConnectionsError
        | asyncpg.DeadlockDetectedError
        | asyncpg.SerializationError
        | TimeoutError
        | OSError,
    )


def away(_request: Any, error: Exception) -> Response[bytes]:
    """A dependency is away or too slow: the same call may succeed in a moment."""
    log.warning("answered 503: %s: %s", type(error).__name__, error)
    return problem(503, "unavailable", "Temporarily unavailable", retry_after_s=1)


def unexpected(request: Asked, error: Exception) -> Response[bytes]:
    log.error("unhandled error in %s %s", request.scope.get("method"), request.scope["path"], exc_info=error)
    return problem(500, "internal", "Internal error")


HANDLERS: dict[Any, Any] = {
    AppError: app_error,
    HTTPException: http_error,
    msgspec.MsgspecError: malformed,
    RecursionError: malformed,
    UnicodeError: malformed,
    DBAPIError: database_error,
    PoolTimeoutError: away,
    asyncpg.PostgresError: postgres_error,
    asyncpg.InterfaceError: away,
    RedisError: away,
    OSError: away,
    Exception: unexpected,
}


class _Asked(NamedTuple):
    scope: Any


def response_to(error: Exception, method: str, path: str) -> Response[bytes]:
    """What HANDLERS answer to `error`, for code that runs outside the framework."""
    handler = next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)
    response: Response[bytes] = handler(_Asked({"method": method, "path": path}), error)
    return response
