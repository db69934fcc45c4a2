"""Pay pages of the fake provider, and the pages to which every provider sends people back. Public, plain HTML without
a script: whoever has the address of a checkout may pay it, as with any provider's hosted page."""

from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from domains.billing.controllers import pages
from domains.billing.policy.fake import CARDS
from domains.billing.providers.port import Providers
from domains.billing.service import till
from domains.kernel.clock import utc_now
from domains.kernel.errors import Forbidden
from domains.kernel.uow import Database, UnitOfWork

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class TillController(Controller):
    path = "/pay"
    opt = {"public": True}  # noqa: RUF012
    include_in_schema = False

    @get("/{ref:str}")
    async def show(
        self,
        uow: NamedDependency[UnitOfWork],
        ref: FromPath[str],
        declined: FromQuery[bool] = False,
        choose: FromQuery[bool] = False,
    ) -> Response[str]:
        found = await till.page(uow, ref, utc_now())
        if found is None or found.state != "open":
            return _closed(found, _public_url(uow.db))
        cancel_url = _near(found.cancel_url, _public_url(uow.db))
        alert = pages.DECLINED if declined else pages.CHOOSE if choose else ""
        if found.checkout is None:
            return _html(pages.card_change(ref, cancel_url=cancel_url, alert=alert))
        return _html(pages.pay(found.checkout, cancel_url=cancel_url, alert=alert))

    @post("/{ref:str}", status_code=HTTP_303_SEE_OTHER)
    async def pay(
        self,
        request: Request[Any, Any, Any],
        uow: NamedDependency[UnitOfWork],
        ref: FromPath[str],
        data: URLEncodedBody[dict[str, str]],
    ) -> Response[Any]:
        _require_own_page(request, _public_url(uow.db))
        card = next((known for known in CARDS if known == data.get("card")), None)
        if card is None:
            return _see(f"/pay/{quote(ref, safe='')}?choose=true")
        outcome = await till.pay(uow, ref, card, utc_now())
        if outcome is None or outcome.page.state == "expired":
            return _closed(outcome and outcome.page, _public_url(uow.db))
        if outcome.declined:
            return _see(f"/pay/{quote(ref, safe='')}?declined=true")
        return _see(_near(outcome.page.next_url, _public_url(uow.db)))

    @get("/return/{order_id:uuid}")
    async def returned(
        self, db: NamedDependency[Database], order_id: FromPath[UUID], look: FromQuery[int] = 0
    ) -> Response[str]:
        order = await till.order_shown(db, order_id)
        if order is None:
            return _unknown()
        answer = _html(pages.returned(order, order_page=f"/payments/{order_id}", look=look))
        if order.state in {"draft", "pending"} and 0 <= look < pages.MOST_LOOKS:
            wait = min(1 + look // 3, 5)
            answer.headers["refresh"] = f"{wait}; url=?look={look + 1}"
        return answer

    @get("/cancelled/{order_id:uuid}")
    async def cancelled(self, db: NamedDependency[Database], order_id: FromPath[UUID]) -> Response[str]:
        order = await till.order_shown(db, order_id)
        if order is None:
            return _unknown()
        pay_url = _near(order.pay_url, _public_url(db))
        return _html(pages.cancelled(order.state, order.product_name, pay_url))


def _closed(found: till.PayPage | None, public_url: str) -> Response[str]:
    if found is None:
        return _unknown()
    if found.state == "paid":
        address = _near(found.next_url, public_url)
        return _html(pages.message("Done already", "This page has been used.", link=(address, "See what came of it")))
    said = ("The time for paying here is over, or the order was given up. Nothing was taken.", "You can buy it again.")
    return _html(pages.message("Too late", *said), status=410)


def _unknown() -> Response[str]:
    return _html(pages.message("No such page", "There is nothing to pay at this address."), status=404)


def _html(text: str, *, status: int = 200) -> Response[str]:
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=headers)


def _see(address: str) -> Response[Any]:
    return Redirect(address, status_code=HTTP_303_SEE_OTHER, headers={"cache-control": "no-store"})


def _public_url(db: Database) -> str:
    return db.port(Providers).public_url


def _near(address: str, public_url: str) -> str:
    """Without the host where it is ours, so that whoever came as `localhost` stays there, with what it has stored."""
    if not address.startswith(f"{public_url}/"):
        return address
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _require_own_page(request: Request[Any, Any, Any], public_url: str) -> None:
    """Other sites must not press the button. What is no browser says neither of the two headers."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form belongs to the page it stands on")
    if origin is not None and origin != _origin(public_url) and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("this form belongs to the page it stands on")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
