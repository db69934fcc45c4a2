"""One account at Razorpay, in memory: what its API does, and what customers, banks and time do to it.

Everything that happens tells so by a webhook, whose body holds the entities as they were at that moment.
"""

import copy
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from doubles import razorpay_shapes as shapes
from doubles.razorpay_shapes import Entity, new_ref

DAY = 86_400
_CANCELLABLE = ("created", "authenticated", "active", "pending", "halted", "paused")


class Refused(Exception):
    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.status = status


class Webhook(NamedTuple):
    event_id: str
    event: str
    body: bytes


class Account:
    """Times are seconds. Every method may be called from any thread."""

    def __init__(self, account_id: str = "acc_LyceumTest0001", clock: Callable[[], float] = time.time) -> None:
        self.account_id = account_id
        self.clock = clock
        self.lock = threading.RLock()
        self.things: dict[str, Entity] = {}
        """Every entity by its id, the oldest first."""
        self.webhooks: list[Webhook] = []
        self.slow_refunds = False
        """Refunds stay pending until `settle`."""
        self._keys: dict[str, tuple[Entity, str]] = {}
        self._leaving: set[str] = set()
        self._addons: dict[str, list[Entity]] = {}
        self._methods: dict[str, str] = {}

    @property
    def now(self) -> int:
        return int(self.clock())

    def forget_keys(self) -> None:
        """Keys against repetition are not kept for ever."""
        self._keys.clear()

    def one(self, ref: str, kind: str | None = None) -> Entity:
        found = self.things.get(ref)
        if found is None or (kind is not None and found["entity"] != kind):
            raise Refused("The id provided does not exist")
        return found

    def all(self, kind: str, **fields: Any) -> list[Entity]:
        """The newest first."""
        with self.lock:
            found = [thing for thing in self.things.values() if thing["entity"] == kind]
        return [one for one in reversed(found) if all(one.get(name) == value for name, value in fields.items())]

    def tell(self, name: str, **entities: Entity) -> None:
        body = json.dumps(shapes.event(self.account_id, name, entities, self.now), separators=(",", ":"))
        self.webhooks.append(Webhook(new_ref("evt")[4:], name, body.encode()))

    def _keep(self, entity: Entity) -> Entity:
        self.things[entity["id"]] = entity
        return entity

    # ---- the API

    def create_order(self, body: Entity) -> Entity:
        check_amount(body.get("amount"), body.get("currency"))
        if len(body.get("receipt") or "") > 40:
            raise Refused("The receipt may not be greater than 40 characters.")
        with self.lock:
            return self._keep(shapes.order(body, self.now))

    def create_refund(self, payment_ref: str, body: Entity, key: str | None = None) -> Entity:
        with self.lock:
            if key is not None and key in self._keys:
                before, ref = self._keys[key]
                if before != body:
                    raise Refused("Different request with the same idempotency key has already been processed.")
                return self.one(ref)
            paid = self.one(payment_ref, "payment")
            amount = body.get("amount") or paid["amount"] - paid["amount_refunded"]
            if paid["status"] not in ("captured", "refunded"):
                raise Refused("The payment status should be captured for action to be taken")
            if paid["status"] == "refunded":
                raise Refused("The payment has been fully refunded already")
            if paid["amount_refunded"] + amount > paid["amount"]:
                raise Refused("The total refund amount is greater than the refund payment amount")
            made = self._keep(shapes.refund(paid, amount, self.now, body))
            if key is not None:
                self._keys[key] = (copy.deepcopy(body), made["id"])
            self._give_back(paid, amount)
            self.tell("refund.created", refund=made, payment=paid)
            if not self.slow_refunds:
                self.settle(made["id"])
            return made

    def create_plan(self, body: Entity) -> Entity:
        check_amount(body["item"]["amount"], body["item"]["currency"])
        if body["period"] not in ("daily", "weekly", "monthly", "yearly"):
            raise Refused("Not a valid period")
        with self.lock:
            return self._keep(shapes.plan(body, self.now))

    def create_subscription(self, body: Entity) -> Entity:
        with self.lock:
            self.one(body["plan_id"], "plan")
            start, expires = body.get("start_at"), body.get("expire_by")
            if start is not None and start <= self.now:
                raise Refused("start_at cannot be lesser than the current time.")
            if start is not None and expires is not None and expires >= start:
                raise Refused("expire_by should be less than start_at")
            made = self._keep(shapes.subscription(body, self.now))
            self._addons[made["id"]] = body.get("addons") or []
            return made

    def cancel_subscription(self, ref: str, body: Entity) -> Entity:
        with self.lock:
            found = self.one(ref, "subscription")
            if found["status"] not in _CANCELLABLE:
                raise Refused(f"Subscription is not cancellable in {found['status']} status.")
            if body.get("cancel_at_cycle_end"):
                if found["current_end"] is None:
                    raise Refused("Subscription cannot be cancelled since no billing cycle is going on")
                self._leaving.add(ref)
                return found
            return self._end(found, "cancelled")

    def pause_subscription(self, ref: str) -> Entity:
        with self.lock:
            found = self.one(ref, "subscription")
            if found["status"] == "authenticated":
                return self._end(found, "cancelled")
            if found["status"] != "active":
                raise Refused("Subscription cannot be paused in its current state.")
            found.update(status="paused", paused_at=self.now, pause_initiated_by="self", charge_at=None)
            self.tell("subscription.paused", subscription=found)
            return found

    def resume_subscription(self, ref: str) -> Entity:
        with self.lock:
            found = self.one(ref, "subscription")
            if found["status"] != "paused":
                raise Refused("Subscription cannot be resumed in its current state.")
            found.update(status="active", pause_initiated_by=None, charge_at=found["current_end"])
            self.tell("subscription.resumed", subscription=found)
            return found

    def update_subscription(self, ref: str, body: Entity) -> Entity:
        """At once: what is left of the old is given back, what is left of the new is charged."""
        with self.lock:
            found = self.one(ref, "subscription")
            if found["status"] not in ("active", "authenticated"):
                raise Refused("Subscription can only be updated in authenticated or active state.")
            if self._methods.get(ref) == "upi":
                raise Refused("Subscription cannot be updated when payment mode is upi")
            old, new = self.one(found["plan_id"]), self.one(body["plan_id"], "plan")
            if old["period"] != new["period"] and "remaining_count" not in body:
                raise Refused("remaining_count is required when the billing period changes")
            worth, price = _price(old, found["quantity"]), _price(new, body.get("quantity", found["quantity"]))
            found.update(plan_id=new["id"], quantity=body.get("quantity", found["quantity"]))
            if "remaining_count" in body:
                found["remaining_count"] = body["remaining_count"]
            if found["current_end"] is not None:
                self._prorate(found, new, worth, price, renewed=old["period"] != new["period"])
            self.tell("subscription.updated", subscription=found)
            return found

    def _prorate(self, found: Entity, new: Entity, worth: int, price: int, *, renewed: bool) -> None:
        whole = found["current_end"] - found["current_start"]
        left = max(0, min(whole, found["current_end"] - self.now))
        unused = round(worth * left / whole)
        if renewed:
            found.update(current_start=self.now, current_end=later(self.now, new["period"]))
        due = (price if renewed else round(price * left / whole)) - unused
        if due > 0:
            line = {"name": new["item"]["name"], "amount": due, "currency": new["item"]["currency"], "type": "plan"}
            self._charge(found, line, self.now, found["current_end"], "subscription.charged")
        elif due < 0:
            last = next(one for one in self.all("payment") if one["invoice_id"] and one["status"] == "captured")
            self.create_refund(last["id"], {"amount": min(-due, last["amount"])})

    # ---- customers

    def pay(self, ref: str, *, method: str = "card", notes: Entity | None = None) -> Entity:
        """The payment of an order, or the first of a subscription. `notes` are what a browser wrote."""
        if ref.startswith("sub_"):
            return self.begin(ref, method=method)
        return self.capture(self.authorize(ref, method=method, notes=notes)["id"])

    def authorize(self, ref: str, *, method: str = "card", notes: Entity | None = None) -> Entity:
        with self.lock:
            wanted = self.one(ref, "order")
            if wanted["status"] == "paid":
                raise Refused("Order is already paid")
            made = shapes.payment(
                wanted["amount"], wanted["currency"], self.now, order_id=ref, method=method, notes=notes or []
            )
            wanted["attempts"] += 1
            wanted["status"] = "attempted"
            self._keep(made)
            self.tell("payment.authorized", payment=made)
            return made

    def capture(self, ref: str) -> Entity:
        with self.lock:
            found = self.one(ref, "payment")
            if found["captured"]:
                raise Refused("This payment has already been captured")
            wanted = self.one(found["order_id"], "order")
            self._captured(found)
            wanted.update(status="paid", amount_paid=wanted["amount"], amount_due=0)
            self.tell("payment.captured", payment=found)
            self.tell("order.paid", payment=found, order=wanted)
            return found

    def fail(self, ref: str, *, why: str = "Payment was declined by the bank") -> Entity:
        """A try to pay an order that comes to nothing."""
        with self.lock:
            wanted = self.one(ref, "order")
            made = shapes.payment(wanted["amount"], wanted["currency"], self.now, order_id=ref)
            wanted.update(attempts=wanted["attempts"] + 1, status="attempted")
            self._fail(self._keep(made), why)
            return made

    def begin(self, ref: str, *, method: str = "card") -> Entity:
        """The mandate of a subscription, with what is asked for today. The payment."""
        with self.lock:
            found = self.one(ref, "subscription")
            if found["status"] != "created":
                raise Refused("Subscription is not in created state")
            self._methods[ref] = method
            found["customer_id"] = new_ref("cust")
            if found["start_at"] is None:
                found["start_at"] = self.now
                self.tell("subscription.authenticated", subscription=found)
                return self.charge(ref)
            found["status"] = "authenticated"
            paid = self._upfront(found) if self._addons[ref] else self._proof(found, method)
            self.tell("subscription.authenticated", subscription=found, payment=paid)
            return paid

    def _upfront(self, found: Entity) -> Entity:
        item = self._addons[found["id"]][0]["item"]
        return self._charge(found, {**item, "type": "addon"}, None, None, None)

    def _proof(self, found: Entity, method: str) -> Entity:
        """A small amount that shows that the mandate works, and is given back."""
        currency = self.one(found["plan_id"])["item"]["currency"]
        wanted = self._keep(shapes.order({"amount": 100, "currency": currency}, self.now))
        made = self._keep(shapes.payment(100, currency, self.now, order_id=wanted["id"], method=method))
        self.tell("payment.authorized", payment=made)
        made.update(status="refunded", amount_refunded=100, refund_status="full")
        return made

    # ---- time and banks

    def charge(self, ref: str) -> Entity:
        """The next period, paid by the mandate."""
        with self.lock:
            found = self.one(ref, "subscription")
            paid_before = found["status"] in ("active", "pending", "halted")
            start = self._next_period(found)
            return self._charge(
                found, self._line(found), start, found["current_end"], "subscription.charged", activated=not paid_before
            )

    def fail_charge(self, ref: str) -> Entity:
        """The next period, and the mandate does not pay. It will be tried again."""
        with self.lock:
            found = self.one(ref, "subscription")
            start = self._next_period(found)
            bill = self._keep(shapes.invoice(found, self._line(found), self.now, start=start, end=found["current_end"]))
            made = self._keep(self._payment_of(bill, self._methods.get(ref, "card")))
            self._fail(made, "Insufficient balance")
            found.update(status="pending", auth_attempts=found["auth_attempts"] + 1)
            self.tell("subscription.pending", subscription=found, payment=made)
            return made

    def halt(self, ref: str) -> Entity:
        """No more tries."""
        with self.lock:
            found = self.one(ref, "subscription")
            found["status"] = "halted"
            self.tell("subscription.halted", subscription=found)
            return found

    def recover(self, ref: str) -> Entity:
        """The open invoice is paid after all."""
        with self.lock:
            found = self.one(ref, "subscription")
            bill = next(one for one in self.all("invoice", subscription_id=ref) if one["status"] == "issued")
            return self._pay_invoice(found, bill, "subscription.charged", activated=True)

    def end_period(self, ref: str) -> Entity:
        """A subscription that was to end with its period ends."""
        with self.lock:
            found = self.one(ref, "subscription")
            return self._end(found, "cancelled") if ref in self._leaving else found

    def expire(self, ref: str) -> Entity:
        """Nobody gave the mandate in time."""
        with self.lock:
            found = self.one(ref, "subscription")
            found["status"] = "expired"
            return found

    def refund_outside(self, payment_ref: str, amount: int | None = None) -> Entity:
        """By hand, on the dashboard."""
        return self.create_refund(payment_ref, {"amount": amount} if amount else {})

    def settle(self, refund_ref: str, *, failed: bool = False) -> Entity:
        with self.lock:
            found = self.one(refund_ref, "refund")
            paid = self.one(found["payment_id"])
            found["status"] = "failed" if failed else "processed"
            if failed:
                self._give_back(paid, -found["amount"])
            else:
                found["acquirer_data"] = {"arn": "10000000000000"}
            self.tell("refund.failed" if failed else "refund.processed", refund=found, payment=paid)
            return found

    def dispute(self, payment_ref: str, amount: int | None = None, *, phase: str = "chargeback") -> Entity:
        with self.lock:
            paid = self.one(payment_ref, "payment")
            made = self._keep(shapes.dispute(paid, amount or paid["amount"], phase, self.now))
            self.tell("payment.dispute.created", payment=paid, dispute=made)
            return made

    def decide(self, dispute_ref: str, status: str) -> Entity:
        """won, lost, closed, under_review or action_required."""
        with self.lock:
            found = self.one(dispute_ref, "dispute")
            found["status"] = "open" if status == "action_required" else status
            found["amount_deducted"] = found["amount"] if status == "lost" else 0
            self.tell(f"payment.dispute.{status}", payment=self.one(found["payment_id"]), dispute=found)
            return found

    # ---- within

    def _line(self, found: Entity) -> Entity:
        item = self.one(found["plan_id"])["item"]
        amount = item["amount"] * found["quantity"]
        return {"name": item["name"], "amount": amount, "currency": item["currency"], "type": "plan"}

    def _next_period(self, found: Entity) -> int:
        start: int = found["current_end"] or found["start_at"]
        end = later(start, self.one(found["plan_id"])["period"])
        found.update(current_start=start, current_end=end, charge_at=end)
        return start

    def _charge(
        self,
        found: Entity,
        line: Entity,
        start: int | None,
        end: int | None,
        event: str | None,
        *,
        activated: bool = False,
    ) -> Entity:
        bill = self._keep(shapes.invoice(found, line, self.now, start=start, end=end))
        return self._pay_invoice(found, bill, event, activated=activated)

    def _payment_of(self, bill: Entity, method: str) -> Entity:
        wanted = shapes.order({"amount": bill["amount"], "currency": bill["currency"]}, self.now)
        self._keep({**wanted, "id": bill["order_id"]})
        return shapes.payment(
            bill["amount"],
            bill["currency"],
            self.now,
            order_id=bill["order_id"],
            invoice_id=bill["id"],
            method=method,
            description="Recurring Payment via Subscription",
        )

    def _pay_invoice(self, found: Entity, bill: Entity, event: str | None, *, activated: bool) -> Entity:
        made = self._keep(self._payment_of(bill, self._methods.get(found["id"], "card")))
        self.tell("payment.authorized", payment=made)
        self._captured(made)
        wanted = self.one(bill["order_id"])
        wanted.update(status="paid", amount_paid=bill["amount"], amount_due=0)
        bill.update(status="paid", payment_id=made["id"], paid_at=self.now, amount_paid=bill["amount"], amount_due=0)
        found["paid_count"] += 1
        if event is not None:
            found["remaining_count"] -= 1
            found["status"] = "active" if found["remaining_count"] > 0 else "completed"
        self.tell("payment.captured", payment=made)
        self.tell("order.paid", payment=made, order=wanted)
        self.tell("invoice.paid", payment=made, order=wanted, invoice=bill)
        if activated:
            self.tell("subscription.activated", subscription=found, payment=made)
        if event is not None:
            self.tell(event, subscription=found, payment=made)
        return made

    def _captured(self, made: Entity) -> None:
        made.update(status="captured", captured=True, fee=made["amount"] * 2 // 100, tax=0)

    def _fail(self, made: Entity, why: str) -> None:
        made.update(
            status="failed",
            error_code="BAD_REQUEST_ERROR",
            error_description=why,
            error_source="customer",
            error_step="payment_authorization",
            error_reason="payment_failed",
        )
        self.tell("payment.failed", payment=made)

    def _give_back(self, paid: Entity, amount: int) -> None:
        paid["amount_refunded"] += amount
        full = paid["amount_refunded"] >= paid["amount"]
        paid["refund_status"] = "full" if full else "partial" if paid["amount_refunded"] else None
        paid["status"] = "refunded" if full else "captured"

    def _end(self, found: Entity, status: str) -> Entity:
        found.update(status=status, ended_at=self.now, charge_at=None)
        self.tell(f"subscription.{status}", subscription=found)
        return found


def later(moment: int, period: str) -> int:
    start = datetime.fromtimestamp(moment, UTC)
    months = start.month if period == "monthly" else start.month + 11
    year, month = start.year + months // 12, months % 12 + 1
    return int(start.replace(year=year, month=month, day=min(start.day, 28)).timestamp())


def _price(plan: Entity, quantity: int) -> int:
    amount: int = plan["item"]["amount"]
    return amount * quantity


def check_amount(amount: Any, currency: Any) -> None:
    if not isinstance(currency, str) or len(currency) != 3:
        raise Refused("The currency should be 3 characters.")
    if not isinstance(amount, int) or amount < (100 if currency == "INR" else 1):
        raise Refused("The amount must be atleast INR 1.00")
    if currency in ("KWD", "BHD", "OMR") and amount % 10:
        raise Refused("The last digit of the amount must be zero for three decimal currencies.")
