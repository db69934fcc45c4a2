"""Payment links: the page of Razorpay's on which an order is paid without checkout.js.

Invariant: an order of ours has one link. Our order's id is the link's reference, which Razorpay takes only once, so a
call that is repeated, or two at once, find the link of the first.
"""

from contextlib import suppress
from datetime import timedelta

from domains.billing.errors import ProviderRefused
from domains.billing.providers.port import Checkout, CheckoutWanted
from domains.billing.providers.razorpay.api import Api, Missing
from domains.billing.providers.razorpay.entities import Notes, PaymentLink, note, own_id
from domains.billing.providers.razorpay.lookups import Names
from domains.billing.repository import provider as refs
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

SHORTEST = timedelta(minutes=16)
"""Razorpay wants a quarter of an hour; one minute more, so that its clock and ours may differ."""
_BY = "link"


def of_link(notes: Notes) -> bool:
    """Whether these are the notes of an order that Razorpay made for a link of ours."""
    return note(notes, "paid_by") == _BY


class Links:
    def __init__(self, api: Api, provider: str, names: Names) -> None:
        self._api = api
        self._provider = provider
        self._names = names

    async def checkout(self, db: Database, wanted: CheckoutWanted) -> Checkout:
        ref = await refs.ref_of(db, self._provider, self._names.link, wanted.order_id)
        if ref is None:
            made = await self._made_before(wanted) or await self._new(wanted)
            await refs.keep_ref(db, self._provider, self._names.link, wanted.order_id, made.id)
        else:
            made = await self._api.get(PaymentLink, "payment_links", ref)
        return Checkout(ref=made.id, url=made.short_url)

    async def close(self, ref: str) -> None:
        """Quiet when it is paid, cancelled or expired. Raises Missing; ProviderRefused when it is being paid."""
        if (await self._api.get(PaymentLink, "payment_links", ref)).status == "created":
            await self._api.post(PaymentLink, "payment_links", ref, "cancel", body={})

    async def _made_before(self, wanted: CheckoutWanted) -> PaymentLink | None:
        """By a call whose answer we never heard."""
        reference = str(wanted.order_id)
        with suppress(Missing):
            for link in await self._api.list(
                PaymentLink, "payment_links", named="payment_links", reference_id=reference
            ):
                same = (link.amount, link.currency) == (wanted.amount_minor, wanted.currency)
                if same and link.reference_id == reference and own_id(link.notes, "order_id") == wanted.order_id:
                    return link
        return None

    async def _new(self, wanted: CheckoutWanted) -> PaymentLink:
        body = {
            "amount": wanted.amount_minor,
            "currency": wanted.currency,
            "accept_partial": False,
            "reference_id": str(wanted.order_id),
            "description": wanted.title[:2048],
            "expire_by": int(max(wanted.expires_at, utc_now() + SHORTEST).timestamp()),
            # We tell the customer ourselves.
            "notify": {"sms": False, "email": False},
            "reminder_enable": False,
            # They are also the notes of the order that Razorpay makes for it.
            "notes": {"order_id": str(wanted.order_id), "paid_by": _BY},
            "callback_url": wanted.success_url,
            "callback_method": "get",
        }
        try:
            return await self._api.post(PaymentLink, "payment_links", body=body)
        except ProviderRefused:
            # Its reference may have been taken since we looked, by another call for the same order.
            made = await self._made_before(wanted)
            if made is None:
                raise
            return made
