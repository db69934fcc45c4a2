"""Payment links of one account at Razorpay: made, seen, paid, cancelled, run out.

Recorded bodies show what is odd about them: a reference is taken for ever, lists are called `payment_links`, the order
is made when somebody looks at the page and gets the link's reference and notes, and `payment_link.paid` writes that
order's id without its prefix.
"""

import copy

from doubles import razorpay_shapes as shapes
from doubles.razorpay_account import Account, Refused, check_amount
from doubles.razorpay_shapes import Entity

SHORTEST_S = 900


class PaymentLinks:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.things: dict[str, Entity] = {}
        """By id, the oldest first."""

    # ---- the API

    def create(self, body: Entity) -> Entity:
        check_amount(body.get("amount"), body.get("currency"))
        reference, expires = body.get("reference_id", ""), body.get("expire_by", 0)
        if len(reference) > 40:
            raise Refused("reference_id: the length must be no more than 40.")
        if expires and expires < self.account.now + SHORTEST_S:
            raise Refused("expire_by should be at least 15 minutes after current time")
        if body.get("callback_url") and body.get("callback_method") != "get":
            raise Refused("callback_method: must be get.")
        with self.account.lock:
            if reference and self.listed({"reference_id": reference})["payment_links"]:
                raise Refused(
                    f"payment link with given reference_id: {reference} already exists. "
                    "Please create a payment link with a different reference_id"
                )
            made = shapes.payment_link(body, self.account.now)
            self.things[made["id"]] = made
            return made

    def one(self, ref: str) -> Entity:
        if ref not in self.things:
            raise Refused("", 404)
        return self.things[ref]

    def listed(self, query: dict[str, str]) -> Entity:
        reference, payment = query.get("reference_id"), query.get("payment_id")
        found = [one for one in self.things.values() if reference in (None, one["reference_id"])]
        if payment is not None:
            found = [one for one in found if payment in [paid["payment_id"] for paid in one["payments"] or []]]
        return {"payment_links": found}

    def cancel(self, ref: str) -> Entity:
        with self.account.lock:
            found = self.one(ref)
            if found["status"] != "created":
                raise Refused(f"payment link cannot be cancelled, it is in {found['status']} state.")
            return self._close(found, "cancelled")

    # ---- customers and time

    def see(self, ref: str) -> Entity:
        """Somebody opens the page. The order."""
        with self.account.lock:
            found = self.one(ref)
            if found["status"] != "created":
                raise Refused(f"The payment link is {found['status']}.")
            if "order_id" not in found:
                terms = {name: found[name] for name in ("amount", "currency", "notes")}
                found["order_id"] = self.account.create_order({**terms, "receipt": found["reference_id"]})["id"]
            return self.account.one(found["order_id"])

    def begin(self, ref: str, *, method: str = "upi") -> Entity:
        """A payment that has not succeeded yet."""
        return self.account.authorize(self.see(ref)["id"], method=method, notes=copy.deepcopy(self.one(ref)["notes"]))

    def finish(self, payment_ref: str) -> Entity:
        """It has, if the link was still open then as its payment."""
        with self.account.lock:
            paid = self.account.capture(payment_ref)
            found = next(one for one in self.things.values() if one.get("order_id") == paid["order_id"])
            if found["status"] == "created":
                short = {"payment_id": paid["id"], "plink_id": found["id"], "status": "captured"}
                more = {name: paid[name] for name in ("amount", "method", "created_at")}
                found.update(status="paid", amount_paid=paid["amount"], payments=[{**short, **more}])
                order = self.account.one(paid["order_id"])
                bare = {**order, "id": order["id"].removeprefix("order_"), "product_type": "payment_link_v2"}
                self.account.tell("payment_link.paid", payment_link=_told(found), order=bare, payment=paid)
            return paid

    def pay(self, ref: str, *, method: str = "upi") -> Entity:
        """The payment."""
        return self.finish(self.begin(ref, method=method)["id"])

    def expire(self, ref: str) -> Entity:
        with self.account.lock:
            return self._close(self.one(ref), "expired")

    def _close(self, found: Entity, status: str) -> Entity:
        found.update({"status": status, f"{status}_at": self.account.now})
        self.account.tell(f"payment_link.{status}", payment_link=_told(found))
        return found


def _told(link: Entity) -> Entity:
    """Webhooks leave the payments out."""
    return {name: value for name, value in link.items() if name != "payments"}
