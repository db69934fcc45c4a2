"""Mails to look at: the local outbox and previews with sample data.

Invariant: mails hold codes and links that open accounts, so the outbox is shown in development only, and there only to
a browser on this machine. In production it is not there, and previews are for staff.
"""

from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domains.identity.api import Permission
from domains.identity.guards import require
from domains.kernel.errors import Forbidden, NotFound
from domains.kernel.uow import Database
from domains.notifications.channels.port import Senders
from domains.notifications.rendering import pages, texts
from domains.notifications.service import letters

AnyRequest = Request[Any, Any, Any]

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# A mail brings its styles along, and nothing else: no script, no form, no picture that tells who reads it.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'"


class LocalMailController(Controller):
    path = "/dev/mail"
    opt = {"public": True}  # noqa: RUF012
    include_in_schema = False

    @get("/")
    async def outbox(
        self, request: AnyRequest, db: NamedDependency[Database], to: FromQuery[str] = ""
    ) -> Response[str]:
        _require_developer(request, db)
        listed = [
            pages.Letter(f"/dev/mail/{row.id}", row.to_address, row.subject, row.created_at)
            for row in await letters.newest(db, to=to)
        ]
        previews = [(f"/dev/mail/preview/{kind}", kind) for kind in letters.kinds()]
        return _html(pages.outbox(listed, to=to, kept_here=letters.kept_here(db), previews=previews))

    @get("/{mail_id:uuid}")
    async def letter(
        self, request: AnyRequest, db: NamedDependency[Database], mail_id: FromPath[UUID]
    ) -> Response[str]:
        _require_developer(request, db)
        found = await letters.opened(db, mail_id)
        return _html(pages.letter(f"/dev/mail/{mail_id}", found.subject, found.headers))

    @get("/{mail_id:uuid}/html")
    async def html(self, request: AnyRequest, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[str]:
        _require_developer(request, db)
        return _mail((await letters.opened(db, mail_id)).html)

    @get("/{mail_id:uuid}/text")
    async def text(self, request: AnyRequest, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[str]:
        _require_developer(request, db)
        return Response((await letters.opened(db, mail_id)).text, media_type=MediaType.TEXT)

    @get("/{mail_id:uuid}/raw")
    async def raw(self, request: AnyRequest, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[bytes]:
        _require_developer(request, db)
        return Response((await letters.opened(db, mail_id)).raw, media_type="text/plain; charset=us-ascii")

    @get("/preview/{kind:str}")
    async def preview(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        kind: FromPath[str],
        locale: FromQuery[str] = "en",
        case: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Response[Any]:
        _require_developer(request, db)
        return _previewed(db, kind, locale, case, form)


class MailPreviewController(Controller):
    path = "/api/v1/admin/mail/preview"
    tags = ("notifications",)
    guards = (require(Permission.MAIL_READ),)

    @get(
        "/{kind:str}",
        operation_id="preview_mail",
        summary="A mail of this kind with sample data, as HTML or text",
        media_type=MediaType.HTML,
    )
    async def preview(
        self,
        db: NamedDependency[Database],
        kind: FromPath[str],
        locale: FromQuery[str] = "en",
        case: FromQuery[str] = "",
        form: FromQuery[str] = "html",
    ) -> Response[str]:
        return _previewed(db, kind, locale, case, "text" if form == "text" else "html")


def _previewed(db: Database, kind: str, locale: str, case: str, form: str) -> Response[str]:
    senders = db.port(Senders)
    found = letters.preview(
        senders.public_url, kind, locale=locale[:35], case=case, postal_address=senders.postal_address
    )
    if form == "html":
        return _mail(found.html)
    if form == "text":
        return Response(found.text, media_type=MediaType.TEXT)
    others = [(_address(kind, one, case), one) for one in texts.languages()]
    others += [(_address(kind, locale, one), one or "usual") for one in texts.sample_cases(kind)]
    return _html(pages.preview(kind, found.subject, _address(kind, locale, case), others))


def _address(kind: str, locale: str, case: str) -> str:
    return f"/dev/mail/preview/{kind}?{urlencode({'locale': locale, 'case': case})}"


def _require_developer(request: AnyRequest, db: Database) -> None:
    if not db.port(Senders).development:
        raise NotFound
    if not _is_near(request):
        raise Forbidden("Open it on the machine that the server runs on, as localhost")


def _is_near(request: AnyRequest) -> bool:
    """Asked on this machine, for this machine: not through a proxy or a tunnel, and not by the page of another site
    whose name was made to lead here."""
    if {"forwarded", "x-forwarded-for"} & set(request.headers):
        return False
    client = request.client
    return client is not None and _is_loopback(client.host) and _is_loopback(_hostname(request))


def _hostname(request: AnyRequest) -> str:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _html(text: str) -> Response[str]:
    return Response(text, media_type=MediaType.HTML, headers={"content-security-policy": _POLICY})


def _mail(text: str) -> Response[str]:
    headers = {"content-security-policy": _MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return Response(text, media_type=MediaType.HTML, headers=headers)
