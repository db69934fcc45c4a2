"""Mails to look at: the local outbox and previews with sample data. Public in development; in production the outbox
is not there, and previews are for staff."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domains.identity.guards import require_role
from domains.kernel.errors import NotFound
from domains.kernel.uow import Database
from domains.notifications.channels.port import Senders
from domains.notifications.rendering import pages, texts
from domains.notifications.service import letters

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
    async def outbox(self, db: NamedDependency[Database], to: FromQuery[str] = "") -> Response[str]:
        _require_development(db)
        listed = [
            pages.Letter(f"/dev/mail/{row.id}", row.to_address, row.subject, row.created_at)
            for row in await letters.newest(db, to=to)
        ]
        previews = [(f"/dev/mail/preview/{kind}", kind) for kind in letters.kinds()]
        return _html(pages.outbox(listed, to=to, kept_here=letters.kept_here(db), previews=previews))

    @get("/{mail_id:uuid}")
    async def letter(self, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[str]:
        _require_development(db)
        found = await letters.opened(db, mail_id)
        return _html(pages.letter(f"/dev/mail/{mail_id}", found.subject, found.headers))

    @get("/{mail_id:uuid}/html")
    async def html(self, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[str]:
        _require_development(db)
        return _mail((await letters.opened(db, mail_id)).html)

    @get("/{mail_id:uuid}/text")
    async def text(self, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[str]:
        _require_development(db)
        return Response((await letters.opened(db, mail_id)).text, media_type=MediaType.TEXT)

    @get("/{mail_id:uuid}/raw")
    async def raw(self, db: NamedDependency[Database], mail_id: FromPath[UUID]) -> Response[bytes]:
        _require_development(db)
        return Response((await letters.opened(db, mail_id)).raw, media_type="text/plain; charset=us-ascii")

    @get("/preview/{kind:str}")
    async def preview(
        self,
        db: NamedDependency[Database],
        kind: FromPath[str],
        locale: FromQuery[str] = "en",
        case: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Response[Any]:
        _require_development(db)
        return _previewed(db, kind, locale, case, form)


class MailPreviewController(Controller):
    path = "/api/v1/admin/mail/preview"
    tags = ("notifications",)
    guards = (require_role("admin", "support"),)

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


def _require_development(db: Database) -> None:
    if not db.port(Senders).development:
        raise NotFound


def _html(text: str) -> Response[str]:
    return Response(text, media_type=MediaType.HTML, headers={"content-security-policy": _POLICY})


def _mail(text: str) -> Response[str]:
    headers = {"content-security-policy": _MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return Response(text, media_type=MediaType.HTML, headers=headers)
