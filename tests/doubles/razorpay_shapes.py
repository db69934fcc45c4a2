"""Entities of Razorpay's API as it sends them: every field that its documentation shows, with its quirks: empty notes
are a list, what is not known is null, times are seconds."""

import secrets
import string
from typing import Any

Entity = dict[str, Any]

_LETTERS = string.ascii_letters + string.digits


def new_ref(prefix: str) -> str:
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(14))}"


def order(body: Entity, now: int) -> Entity:
    return {
        "id": new_ref("order"),
        "entity": "order",
        "amount": body["amount"],
        "amount_paid": 0,
        "amount_due": body["amount"],
        "currency": body["currency"],
        "receipt": body.get("receipt"),
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": body.get("notes") or [],
        "created_at": now,
    }


def payment_link(body: Entity, now: int) -> Entity:
    """It calls itself nothing, knows no order before its page was seen, and writes what is not known as zero."""
    ref = new_ref("plink")
    return {
        "accept_partial": body.get("accept_partial", False),
        "amount": body["amount"],
        "amount_paid": 0,
        "callback_method": body.get("callback_method", ""),
        "callback_url": body.get("callback_url", ""),
        "cancelled_at": 0,
        "created_at": now,
        "currency": body["currency"],
        "customer": body.get("customer") or [],
        "description": body.get("description", ""),
        "expire_by": body.get("expire_by", 0),
        "expired_at": 0,
        "first_min_partial_amount": 0,
        "id": ref,
        "notes": body.get("notes"),
        "notify": body.get("notify") or {"email": True, "sms": True},
        "payments": None,
        "reference_id": body.get("reference_id", ""),
        "reminder_enable": body.get("reminder_enable", False),
        "reminders": [],
        "short_url": f"https://rzp.io/rzp/{ref[-7:]}",
        "status": "created",
        "updated_at": now,
        "upi_link": False,
        "user_id": "",
        "whatsapp_link": False,
    }


def payment(amount: int, currency: str, now: int, **more: Any) -> Entity:
    """`more`: order_id, invoice_id, method, notes, description."""
    method = more.pop("method", "card")
    return {
        "id": new_ref("pay"),
        "entity": "payment",
        "amount": amount,
        "currency": currency,
        "status": "authorized",
        "order_id": None,
        "invoice_id": None,
        "international": currency != "INR",
        "method": method,
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "description": None,
        "card_id": new_ref("card") if method == "card" else None,
        "bank": None,
        "wallet": None,
        "vpa": "ada@okbank" if method == "upi" else None,
        "email": "ada@example.test",
        "contact": "+919999999999",
        "notes": [],
        "fee": None,
        "tax": None,
        "error_code": None,
        "error_description": None,
        "error_source": None,
        "error_step": None,
        "error_reason": None,
        "acquirer_data": {"rrn": "033814379298"} if method == "upi" else {"auth_code": "828553"},
        "created_at": now,
        **more,
    }


def refund(of: Entity, amount: int, now: int, body: Entity) -> Entity:
    return {
        "id": new_ref("rfnd"),
        "entity": "refund",
        "amount": amount,
        "currency": of["currency"],
        "payment_id": of["id"],
        "notes": body.get("notes") or [],
        "receipt": body.get("receipt"),
        "acquirer_data": {"arn": None},
        "created_at": now,
        "batch_id": None,
        "status": "pending",
        "speed_processed": "normal",
        "speed_requested": body.get("speed", "normal"),
    }


def dispute(of: Entity, amount: int, phase: str, now: int) -> Entity:
    return {
        "id": new_ref("disp"),
        "entity": "dispute",
        "payment_id": of["id"],
        "amount": amount,
        "currency": of["currency"],
        "amount_deducted": 0,
        "reason_code": "goods_or_services_not_received_or_partially_received",
        "respond_by": now + 7 * 86_400,
        "status": "open",
        "phase": phase,
        "comments": None,
        "created_at": now,
    }


def plan(body: Entity, now: int) -> Entity:
    item = {
        "id": new_ref("item"),
        "active": True,
        "name": body["item"]["name"],
        "description": None,
        "amount": body["item"]["amount"],
        "unit_amount": body["item"]["amount"],
        "currency": body["item"]["currency"],
        "type": "plan",
        "unit": None,
        "tax_inclusive": False,
        "hsn_code": None,
        "sac_code": None,
        "tax_rate": None,
        "tax_id": None,
        "tax_group_id": None,
        "created_at": now,
        "updated_at": now,
    }
    return {
        "id": new_ref("plan"),
        "entity": "plan",
        "interval": body["interval"],
        "period": body["period"],
        "item": item,
        "notes": body.get("notes") or [],
        "created_at": now,
    }


def subscription(body: Entity, now: int) -> Entity:
    ref = new_ref("sub")
    return {
        "id": ref,
        "entity": "subscription",
        "plan_id": body["plan_id"],
        "status": "created",
        "current_start": None,
        "current_end": None,
        "ended_at": None,
        "quantity": body.get("quantity", 1),
        "notes": body.get("notes") or [],
        "charge_at": body.get("start_at"),
        "start_at": body.get("start_at"),
        "end_at": None,
        "auth_attempts": 0,
        "total_count": body["total_count"],
        "paid_count": 0,
        "customer_notify": body.get("customer_notify", True),
        "created_at": now,
        "expire_by": body.get("expire_by"),
        "short_url": f"https://rzp.io/i/{ref[4:12]}",
        "has_scheduled_changes": False,
        "change_scheduled_at": None,
        "source": "api",
        "remaining_count": body["total_count"],
    }


def invoice(of: Entity, line: Entity, now: int, *, start: int | None, end: int | None) -> Entity:
    """`line`: name, amount, currency, type."""
    return {
        "id": new_ref("inv"),
        "entity": "invoice",
        "receipt": None,
        "invoice_number": None,
        "customer_id": new_ref("cust"),
        "customer_details": {"name": None, "email": "ada@example.test", "contact": "+919999999999", "gstin": None},
        "order_id": new_ref("order"),
        "subscription_id": of["id"],
        "line_items": [{"id": new_ref("li"), "quantity": 1, "description": None, **line}],
        "payment_id": None,
        "status": "issued",
        "expire_by": None,
        "issued_at": now,
        "paid_at": None,
        "cancelled_at": None,
        "expired_at": None,
        "date": now,
        "partial_payment": False,
        "gross_amount": line["amount"],
        "tax_amount": 0,
        "taxable_amount": line["amount"],
        "amount": line["amount"],
        "amount_paid": 0,
        "amount_due": line["amount"],
        "currency": line["currency"],
        "currency_symbol": "₹",
        "description": None,
        "notes": [],
        "short_url": "https://rzp.io/i/iNv0IcE",
        "billing_start": start,
        "billing_end": end,
        "type": "invoice",
        "created_at": now,
    }


def event(account_id: str, name: str, entities: Entity, now: int) -> Entity:
    return {
        "entity": "event",
        "account_id": account_id,
        "event": name,
        "contains": list(entities),
        "payload": {kind: {"entity": entity} for kind, entity in entities.items()},
        "created_at": now,
    }
