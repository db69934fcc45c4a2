"""The calls that the stand-in for Stripe answers, each with the checks that Stripe makes."""

import re
from collections.abc import Callable
from typing import Any

from doubles.stripe_server import money, plans
from doubles.stripe_server.book import Book, Refusal, Thing
from doubles.stripe_server.forms import Form, flag, number

Call = Callable[[Book, Form, str], Thing]

_ROUTES: list[tuple[str, re.Pattern[str], Call]] = []


def route(method: str, path: str) -> Callable[[Call], Call]:
    def add(call: Call) -> Call:
        _ROUTES.append((method, re.compile("/v1/" + path.replace("{id}", "([^/]+)")), call))
        return call

    return add


def answer(book: Book, method: str, path: str, form: Form) -> Thing:
    for wanted, pattern, call in _ROUTES:
        if wanted == method and (found := pattern.fullmatch(path)):
            expand = form.pop("expand", [])
            made = call(book, form, found[1] if found.groups() else "")
            return book.shown(made, expand)
    raise Refusal(f"Unrecognized request URL ({method}: {path}).", status=404)


# ---- people, products, coupons


@route("POST", "customers")
def create_customer(book: Book, form: Form, _: str) -> Thing:
    return book.add(
        "customer",
        "cus",
        balance=0,
        default_source=None,
        description=None,
        email=form.get("email"),
        invoice_settings={"custom_fields": None, "default_payment_method": None, "footer": None},
        metadata=form.get("metadata", {}),
        name=form.get("name"),
    )


@route("POST", "customers/{id}")
def update_customer(book: Book, form: Form, id_: str) -> Thing:
    found = book.get(id_, "customer")
    found["invoice_settings"] |= form.get("invoice_settings", {})
    book.tell("customer.updated", found)
    return found


@route("POST", "products")
def create_product(book: Book, form: Form, _: str) -> Thing:
    return book.add("product", "prod", active=True, name=form["name"], metadata=form.get("metadata", {}))


@route("POST", "coupons")
def create_coupon(book: Book, form: Form, _: str) -> Thing:
    duration = form.get("duration", "once")
    months = form.get("duration_in_months")
    if (duration == "repeating") != (months is not None):
        raise Refusal("duration_in_months belongs to repeating", param="duration_in_months")
    if number(form, "amount_off") <= 0:
        raise Refusal("This value must be greater than or equal to 1.", param="amount_off")
    return book.add(
        "coupon",
        "co",
        amount_off=number(form, "amount_off"),
        currency=form["currency"],
        duration=duration,
        duration_in_months=int(months) if months else None,
        max_redemptions=number(form, "max_redemptions", 0) or None,
        metadata=form.get("metadata", {}),
        name=form.get("name"),
        percent_off=None,
        times_redeemed=0,
        valid=True,
    )


# ---- pay pages


@route("POST", "checkout/sessions")
def create_session(book: Book, form: Form, _: str) -> Thing:
    book.get(form["customer"], "customer", "customer")
    lasts = number(form, "expires_at", book.now() + 86400) - book.now()
    if not 30 * 60 <= lasts <= 24 * 3600:
        raise Refusal("expires_at must be between 30 minutes and 24 hours from now", param="expires_at")
    lines = [{"price": _price(book, line), "quantity": number(line, "quantity", 1)} for line in form["line_items"]]
    recurring = any(line["price"]["recurring"] for line in lines)
    if recurring != (form["mode"] == "subscription"):
        raise Refusal("mode does not fit the prices", param="mode")
    discounts = form.get("discounts", [])
    for discount in discounts:
        book.get(discount["coupon"], "coupon", "discounts[0][coupon]")
    total = sum(line["price"]["unit_amount"] * line["quantity"] for line in lines)
    made = book.add(
        "checkout.session",
        "cs_live" if book.live else "cs_test",
        amount_subtotal=total,
        amount_total=total,
        cancel_url=form.get("cancel_url"),
        client_reference_id=form.get("client_reference_id"),
        currency=lines[0]["price"]["currency"],
        customer=form["customer"],
        discounts=discounts,
        expires_at=number(form, "expires_at", book.now() + 86400),
        invoice=None,
        metadata=form.get("metadata", {}),
        mode=form["mode"],
        payment_intent=None,
        payment_status="unpaid",
        status="open",
        subscription=None,
        success_url=form.get("success_url"),
        ui_mode="hosted_page",
    )
    made["url"] = f"https://checkout.stripe.test/c/pay/{made['id']}"
    made["_lines"] = lines
    made["_subscription"] = form.get("subscription_data", {})
    made["_payment"] = form.get("payment_intent_data", {})
    return made


@route("POST", "checkout/sessions/{id}/expire")
def expire_session(book: Book, form: Form, id_: str) -> Thing:
    found = book.get(id_, "checkout.session")
    if found["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            + found["status"]
        )
    found.update(status="expired", url=None)
    book.tell("checkout.session.expired", found)
    return found


@route("POST", "billing_portal/sessions")
def create_portal(book: Book, form: Form, _: str) -> Thing:
    book.get(form["customer"], "customer", "customer")
    made = book.add("billing_portal.session", "bps", customer=form["customer"], return_url=form.get("return_url"))
    made["url"] = f"https://billing.stripe.test/p/session/{made['id']}"
    made["flow"] = form.get("flow_data")
    return made


# ---- money


@route("POST", "refunds")
def create_refund(book: Book, form: Form, _: str) -> Thing:
    paid = book.get(form["payment_intent"], "payment_intent", "payment_intent")
    return money.refund(book, paid, number(form, "amount", paid["amount"]), metadata=form.get("metadata"))


# ---- subscriptions


@route("POST", "subscriptions/{id}")
def update_subscription(book: Book, form: Form, id_: str) -> Thing:
    found = book.get(id_, "subscription")
    if found["status"] in ("canceled", "incomplete_expired"):
        raise Refusal("A canceled subscription can only update its cancellation_details and metadata.")
    if items := form.get("items"):
        found["metadata"] = found["metadata"] | form.get("metadata", {})
        changed, lines = plans.prorated(
            book, found, items[0] | {"price": _price(book, items[0])}, number(form, "proration_date", book.now())
        )
        if items[0]["id"] != found["items"]["data"][0]["id"]:
            raise Refusal("No such subscription item", param="items[0][id]")
        plans.change(book, found, changed, lines, strict=form.get("payment_behavior") == "error_if_incomplete")
        return found
    if (ends := flag(form, "cancel_at_period_end")) is not None:
        found["cancel_at_period_end"] = ends
        found["cancel_at"] = found["items"]["data"][0]["current_period_end"] if ends else None
        found["canceled_at"] = book.now() if ends else None
    if (date := form.get("cancel_at")) is not None:
        found["cancel_at"] = int(date) if date else None
    if (pause := form.get("pause_collection")) is not None:
        found["pause_collection"] = {"behavior": pause["behavior"], "resumes_at": None} if pause else None
    if form.get("billing_cycle_anchor", {}).get("type") == "now":
        plans.restart(book, found)
    if (card := form.get("default_payment_method")) is not None:
        found["default_payment_method"] = book.get(card, "payment_method")["id"] if card else None
    found["metadata"] = found["metadata"] | form.get("metadata", {})
    book.tell("customer.subscription.updated", found)
    return found


@route("DELETE", "subscriptions/{id}")
def cancel_subscription(book: Book, form: Form, id_: str) -> Thing:
    found = book.get(id_, "subscription")
    if found["status"] == "canceled":
        raise Refusal(f"No such subscription: '{id_}'", status=404, code="resource_missing", param="id")
    plans.end(book, found)
    return found


@route("POST", "subscriptions/{id}/resume")
def resume_subscription(book: Book, form: Form, id_: str) -> Thing:
    found = book.get(id_, "subscription")
    if found["status"] != "paused":
        raise Refusal("Only paused subscriptions can be resumed.")
    found["status"] = "active"
    book.tell("customer.subscription.resumed", found)
    return found


# ---- invoices


@route("POST", "invoices/create_preview")
def preview_invoice(book: Book, form: Form, _: str) -> Thing:
    found = book.get(form["subscription"], "subscription", "subscription")
    details = form["subscription_details"]
    item = details["items"][0]
    at = number(details, "proration_date", book.now())
    _, lines = plans.prorated(book, found, item | {"price": _price(book, item)}, at)
    return plans.bill(book, found, "subscription_update", lines, preview=True)


@route("POST", "invoices/{id}/pay")
def pay_invoice(book: Book, form: Form, id_: str) -> Thing:
    found = book.get(id_, "invoice")
    if not plans.retry(book, found):
        raise Refusal("Your card was declined.", status=402, type_="card_error", code="card_declined")
    return found


# ---- reading


def _listed(kind: str, **fields: str) -> Call:
    """Filters by `fields` (name of the parameter: path in the object), by creation, and a page at a time."""

    def call(book: Book, form: Form, _: str) -> Thing:
        found = [one for one in book.all(kind) if _fits(one, form, fields)]
        if after := form.get("starting_after"):
            ids = [one["id"] for one in found]
            if after not in ids:
                raise Refusal(f"No such object: '{after}'", code="resource_missing", param="starting_after")
            found = found[ids.index(after) + 1 :]
        limit = number(form, "limit", 10)
        if not 1 <= limit <= 100:
            raise Refusal("Invalid integer", param="limit")
        data = [book.shown(one, []) for one in found[:limit]]
        path = kind.replace(".", "/") + "s"
        return {"object": "list", "data": data, "has_more": len(found) > limit, "url": f"/v1/{path}"}

    return call


def _fits(one: Thing, form: Form, fields: dict[str, str]) -> bool:
    for name, path in fields.items():
        wanted: Any = form.get(name) or form.get("payment", {}).get(name)
        if wanted is None or (name == "status" and wanted == "all"):
            continue
        found: Any = one
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        if found != wanted:
            return False
    if (types := form.get("types")) and one.get("type") not in types:
        return False
    made = form.get("created", {})
    bounds: dict[str, Callable[[int], bool]] = {
        "gte": lambda at: one["created"] >= at,
        "gt": lambda at: one["created"] > at,
        "lte": lambda at: one["created"] <= at,
        "lt": lambda at: one["created"] < at,
    }
    return all(bounds[name](int(at)) for name, at in made.items())


def _read(kind: str) -> Call:
    return lambda book, form, id_: book.get(id_, kind)


for _kind, _path, _fields in (
    ("customer", "customers", {"email": "email"}),
    ("product", "products", {}),
    ("coupon", "coupons", {}),
    ("checkout.session", "checkout/sessions", {"customer": "customer", "payment_intent": "payment_intent"}),
    ("payment_intent", "payment_intents", {"customer": "customer"}),
    ("charge", "charges", {"payment_intent": "payment_intent"}),
    ("refund", "refunds", {"payment_intent": "payment_intent", "charge": "charge"}),
    ("dispute", "disputes", {"payment_intent": "payment_intent", "charge": "charge"}),
    ("subscription", "subscriptions", {"customer": "customer", "status": "status"}),
    (
        "invoice",
        "invoices",
        {"customer": "customer", "status": "status", "subscription": "parent.subscription_details.subscription"},
    ),
    ("invoice_payment", "invoice_payments", {"invoice": "invoice", "payment_intent": "payment.payment_intent"}),
    ("event", "events", {"type": "type"}),
):
    route("GET", _path)(_listed(_kind, **_fields))
    route("GET", _path + "/{id}")(_read(_kind))


def _price(book: Book, line: Form) -> Thing:
    data = line["price_data"]
    if "product" in data:
        product = book.get(data["product"], "product", "price_data[product]")
    else:
        product = book.add("product", "prod", active=True, name=data["product_data"]["name"], metadata={})
    recurring = data.get("recurring")
    return book.add(
        "price",
        "price",
        active=False,
        billing_scheme="per_unit",
        currency=data["currency"],
        metadata={},
        product=product["id"],
        recurring={"interval": recurring["interval"], "interval_count": 1, "usage_type": "licensed"}
        if recurring
        else None,
        type="recurring" if recurring else "one_time",
        unit_amount=number(data, "unit_amount"),
    )
