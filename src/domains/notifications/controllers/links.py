"""Pages behind the links in mails: an address confirmed, an address changed, another password.

Public: who holds the link is the one whom it was sent to. Its secret stands behind the `#`, so no server, log or
referrer is told it. Opening changes nothing, because programs that look for malware open links too; a button does.
A client of one's own at `LYCEUM_PUBLIC_URL` answers there instead, by the same calls.
"""

from typing import Any

from litestar import Controller, MediaType, Request, Response, get

from domains.notifications.rendering import pages

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

AnyRequest = Request[Any, Any, Any]


class LinksController(Controller):
    opt = {"public": True}  # noqa: RUF012
    include_in_schema = False

    @get("/verify", sync_to_thread=False)
    def verify(self, request: AnyRequest) -> Response[str]:
        return _page(request, "verify")

    @get("/account/email", sync_to_thread=False)
    def move(self, request: AnyRequest) -> Response[str]:
        return _page(request, "move")

    @get("/reset", sync_to_thread=False)
    def reset(self, request: AnyRequest) -> Response[str]:
        """Without a link it asks for the address to send one to."""
        return _page(request, "reset")


def language_of(request: AnyRequest) -> str:
    """What the browser would like best, e.g. de-AT."""
    return request.headers.get("accept-language", "en").split(",")[0].split(";")[0].strip()[:35]


def _page(request: AnyRequest, purpose: str) -> Response[str]:
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store", "vary": "accept-language"}
    return Response(pages.link(language_of(request), purpose), media_type=MediaType.HTML, headers=headers)
