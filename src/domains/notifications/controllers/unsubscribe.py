"""Stopping mails without a login. Public: who holds the link is the one whom it was sent to.

Opening changes nothing, because programs that look for malware open links too; pressing does so at once (RFC 8058: a
mail program posts `List-Unsubscribe=One-Click` itself, and reads nothing of the answer but its status).
"""

import re
from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from domains.kernel.uow import Database
from domains.notifications.controllers.links import language_of
from domains.notifications.errors import LinkUnknown
from domains.notifications.policy.planning import category_scope
from domains.notifications.rendering import pages
from domains.notifications.service import unsubscribe

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_PAGE_OF_OURS = re.compile(r"/unsubscribe/[A-Za-z0-9_-]+")


class UnsubscribeController(Controller):
    path = "/unsubscribe"
    opt = {"public": True}  # noqa: RUF012
    include_in_schema = False

    @get("/{token:str}")
    async def ask(
        self, request: Request[Any, Any, Any], db: NamedDependency[Database], token: FromPath[str]
    ) -> Response[str]:
        return await _shown(request, db, token)

    @post("/{token:str}", status_code=HTTP_200_OK)
    async def stop(
        self,
        request: Request[Any, Any, Any],
        db: NamedDependency[Database],
        token: FromPath[str],
        again: FromQuery[bool] = False,
        shown: Annotated[str, QueryParameter(name="from")] = "",
    ) -> Response[Any]:
        try:
            await (unsubscribe.start_again(db, token) if again else unsubscribe.stop(db, token))
        except LinkUnknown:
            return _unknown(request)
        if _PAGE_OF_OURS.fullmatch(shown):
            return Redirect(shown, status_code=HTTP_303_SEE_OTHER, headers={"cache-control": "no-store"})
        return await _shown(request, db, token)


async def _shown(request: Request[Any, Any, Any], db: Database, token: str) -> Response[str]:
    try:
        asked = await unsubscribe.asked(db, token)
    except LinkUnknown:
        return _unknown(request)
    topics = []
    if asked.scope == unsubscribe.ALL:
        for category, stopped in asked.categories.items():
            scope = category_scope(category)
            topics.append(pages.Topic(scope, await unsubscribe.path(db, asked.user_id, scope), stopped))
    page = pages.stopping(
        asked.locale,
        scope=asked.scope,
        path=f"/unsubscribe/{token}",
        stopped=asked.stopped,
        # What a digest was made of is not known any more.
        undo=asked.scope != "digest",
        topics=topics,
    )
    return _html(page)


def _unknown(request: Request[Any, Any, Any]) -> Response[str]:
    return _html(pages.unknown_link(language_of(request)), status=404)


def _html(text: str, *, status: int = 200) -> Response[str]:
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=headers)
