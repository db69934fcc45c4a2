"""P5: webhooks that nobody signed, or not like that."""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bench.faults import shop, webhooks
from bench.faults.buying import paid_at_razorpay
from bench.faults.doubles_of import razorpay_double, settings_of, stripe_double
from bench.faults.machine import Machine, Program
from bench.faults.run import Run, drained
from bench.faults.verdict import Verdict
from bench.faults.webhooks import RAZORPAY_SECRET, STRIPE_SECRET, Webhook, razorpay_headers, stripe_headers
from bench.keepalive import Connection

FORGED = 10_000
ODD = 500
CONNECTIONS = 8


class Request(NamedTuple):
    kind: str
    path: str
    body: bytes
    headers: dict[str, str]

    def raw(self) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(self.body)}\r\n{lines}\r\n"
        # Header values are bytes to HTTP; what is no Latin-1 cannot be sent at all.
        return head.encode("latin-1", "replace") + self.body


Forger = Callable[[Webhook, random.Random], Request]


def _signature_name(webhook: Webhook) -> str:
    return "stripe-signature" if webhook.provider == "stripe" else "x-razorpay-signature"


def _with(
    webhook: Webhook, kind: str, *, body: bytes | None = None, headers: Mapping[str, str | None] | None = None
) -> Request:
    """The webhook with its true headers, except for what is given; None leaves a header out."""
    found: dict[str, str | None] = {**webhook.headers(), **(headers or {})}
    kept = {name: value for name, value in found.items() if value is not None}
    return Request(kind, webhook.path, webhook.body if body is None else body, kept)


def body_changed(webhook: Webhook, chance: random.Random) -> Request:
    """Signed, and then touched."""
    body = bytearray(webhook.body)
    match chance.randrange(5):
        case 0:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        case 1:
            del body[chance.randrange(len(body)) :]
        case 2:
            body += chance.randbytes(chance.randint(1, 40))
        case 3:
            body.insert(chance.randrange(len(body)), chance.choice(b" \n\t\x000"))
        case _:
            body = bytearray(json.dumps(json.loads(webhook.body), indent=chance.randint(3, 7)).encode())
    return _with(webhook, "body changed after signing", body=bytes(body))


def amount_changed(webhook: Webhook, chance: random.Random) -> Request:
    body = webhook.body.replace(str(shop.AMOUNT).encode(), str(chance.randrange(1, shop.AMOUNT)).encode())
    return _with(webhook, "amount changed after signing", body=body)


def signature_changed(webhook: Webhook, chance: random.Random) -> Request:
    name = _signature_name(webhook)
    true = webhook.headers()[name]
    place = chance.randrange(len(true) - 64, len(true))
    other = chance.choice([digit for digit in "0123456789abcdefg" if digit != true[place]])
    return _with(
        webhook, "one digit of the signature changed", headers={name: true[:place] + other + true[place + 1 :]}
    )


def signature_odd(webhook: Webhook, chance: random.Random) -> Request:
    now = int(time.time())
    digest = chance.randbytes(32).hex()
    stripe = [
        *(None, "", "t=", "v1=", ",", "=,=", f"t={now}", f"v1={digest}", f"t={now},v0={digest}", f"t={now},v1="),
        *(f"t={now},v1={digest}" + f",v1={chance.randbytes(32).hex()}" * 20, f"t={now},t={now},v1={digest}"),
        *(f"t=-{now},v1={digest}", f"t={now}.0,v1={digest}", f"t=1e9,v1={digest}", f"t={'9' * 400},v1={digest}"),
        *(
            f"t={now},v1={digest[:63]}",
            f"t={now},v1={'é' * 64}",
            f"t=²,v1={digest}",
            "x" * 5000,
            f"T={now},V1={digest}",
        ),
    ]
    razorpay = [
        *(None, "", "0", digest, digest[:63], digest + "0", digest.upper(), "é" * 64, "²" * 64, "x" * 5000, "null"),
        *(f"sha256={digest}", f"{digest},{digest}", digest[:32] + " " + digest[33:], "0" * 64, "f" * 64),
    ]
    chosen = chance.choice(stripe if webhook.provider == "stripe" else razorpay)
    return _with(webhook, "no signature, or an odd one", headers={_signature_name(webhook): chosen})


def secret_wrong(webhook: Webhook, chance: random.Random) -> Request:
    """As one who knows how to sign, and not the secret."""
    true = STRIPE_SECRET if webhook.provider == "stripe" else RAZORPAY_SECRET
    other = RAZORPAY_SECRET if webhook.provider == "stripe" else STRIPE_SECRET
    secret = chance.choice(["", other, true[:-1], true + " ", true.upper(), true.removeprefix("whsec_") + "x"])
    headers = (
        stripe_headers(webhook.body, secret=secret)
        if webhook.provider == "stripe"
        else razorpay_headers(webhook.body, webhook.event_ref, secret=secret)
    )
    return Request("signed with another secret", webhook.path, webhook.body, headers)


def signed_otherwise(webhook: Webhook, chance: random.Random) -> Request:
    """With the true secret, over something else than these bytes and this time."""
    now = int(time.time())
    if webhook.provider == "razorpay":
        message = chance.choice([f"{now}.".encode() + webhook.body, webhook.body[:-1], webhook.event_ref.encode(), b""])
        return _with(
            webhook, "signed over other bytes", headers={"x-razorpay-signature": _mac(RAZORPAY_SECRET, message)}
        )
    if chance.random() < 0.5:
        at = now + chance.choice([-1, 1]) * chance.randint(310, 10**7)
        return Request("signed at another time", webhook.path, webhook.body, stripe_headers(webhook.body, at=at))
    message = chance.choice([webhook.body, f"{now}".encode() + webhook.body, f"{now + 1}.".encode() + webhook.body])
    return _with(
        webhook, "signed over other bytes", headers={"stripe-signature": f"t={now},v1={_mac(STRIPE_SECRET, message)}"}
    )


def _mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def noise(webhook: Webhook, chance: random.Random) -> Request:
    """Bytes without any sense, in both places."""
    text = "".join(chr(chance.choice([9, *range(32, 127), *range(160, 256)])) for _ in range(chance.randint(0, 300)))
    headers = {_signature_name(webhook): text.strip(), "x-request-id": text[:90].strip()}
    return _with(webhook, "noise", body=chance.randbytes(chance.randint(0, 3000)), headers=headers)


FORGERS: list[Forger] = [
    *(body_changed, amount_changed, signature_changed, signature_odd, secret_wrong, signed_otherwise, noise),
]


def odd_but_signed(webhook: Webhook, chance: random.Random) -> Request:
    """Signed as it should be, over what no provider would send: it may be stored, and must not count."""
    whole = json.loads(webhook.body)
    bodies: list[bytes] = [
        *(b"", b"null", b"[]", b"0", b'"x"', b"{}", b"\x00", b"\xff\xfe", b'{"id": "evt_\x00"}', b"nan", b"{" * 1000),
        *(b"[" * 100_000, chance.randbytes(200), webhook.body[: chance.randrange(len(webhook.body))]),
        *(json.dumps(_twisted(whole, chance)).encode() for _ in range(15)),
    ]
    # Made different, or it would be one webhook that comes again.
    body = chance.choice(bodies) + b" " * chance.randint(1, 60)
    headers = (
        stripe_headers(body) if webhook.provider == "stripe" else razorpay_headers(body, chance.randbytes(8).hex())
    )
    return Request("signed, and odd", webhook.path, body, headers)


def _twisted(found: Any, chance: random.Random) -> Any:
    """With one thing in it replaced by something else, or gone."""
    strange: list[Any] = [None, -1, 10**30, 1.5, "", "\u0000", "\ud800", [], {}, True, "x" * 3000, [[[[]]]]]
    if isinstance(found, dict) and found:
        key = chance.choice(list(found))
        if chance.random() < 0.3 or not isinstance(found[key], dict | list):
            changed = {name: value for name, value in found.items() if name != key}
            return changed if chance.random() < 0.3 else changed | {key: chance.choice(strange)}
        return found | {key: _twisted(found[key], chance)}
    if isinstance(found, list) and found:
        return [_twisted(found[0], chance), *found[1:]]
    return chance.choice(strange)


async def forged(run: Run) -> Verdict:
    with stripe_double() as stripe, razorpay_double() as razorpay:
        async with run.serving(settings_of(stripe, razorpay)) as (machine, worker):
            async with machine.sql() as sql:
                [europe] = await shop.orders(sql, 1)
            _, [indian] = await paid_at_razorpay(machine, razorpay, 1)
            true = [webhooks.payment_succeeded(europe), indian]
            return await _forged(run, machine, worker, true)


async def _forged(run: Run, machine: Machine, worker: Program, true: list[Webhook]) -> Verdict:
    forged: dict[str, Counter[int]] = {}
    kinds: Counter[str] = Counter()
    odd: Counter[int] = Counter()
    for webhook in true:
        run.say(f"{run.count(FORGED)} forged webhooks of {webhook.provider}")
        chance = random.Random(f"{run.seed}.{webhook.provider}")
        requests = [chance.choice(FORGERS)(webhook, chance) for _ in range(run.count(FORGED))]
        kinds.update(request.kind for request in requests)
        forged[webhook.provider] = await _sent(machine, requests)
    async with machine.sql() as sql:
        stored = await sql.fetchval("SELECT count(*) FROM billing_webhook")
    worker.start()
    for webhook in true:
        run.say(f"{run.count(ODD)} signed and odd ones of {webhook.provider}")
        chance = random.Random(f"{run.seed}.{webhook.provider}.odd")
        odd += await _sent(machine, [odd_but_signed(webhook, chance) for _ in range(run.count(ODD))])
    await machine.works(worker)
    left = await drained(machine, run, within_s=45)
    async with machine.sql() as sql:
        states = dict(await sql.fetch("SELECT state, count(*) FROM billing_webhook GROUP BY state"))
        dead = await sql.fetchval("SELECT count(*) FROM kernel_delivery WHERE state = 'dead'")
        wrong = await sql.fetchval("SELECT count(*) FROM billing_payment WHERE amount_minor <> $1", shop.AMOUNT)
        failed = await sql.fetch("SELECT DISTINCT last_error FROM kernel_delivery WHERE last_error IS NOT NULL")
    accepted = {name: sum(n for status, n in found.items() if 200 <= status < 300) for name, found in forged.items()}
    broken = sum(n for found in (*forged.values(), odd) for status, n in found.items() if status >= 500)
    silent = sum(found[0] for found in (*forged.values(), odd))
    sent = {name: sum(found.values()) for name, found in forged.items()}
    return Verdict(
        fault="P5",
        design="product",
        passed=not any(accepted.values())
        and broken == 0
        and silent == 0
        and stored == 0
        and wrong == 0
        and left is not None
        and dead == 0,
        line=(
            f"{sum(accepted.values())} of {sum(sent.values())} forged webhooks accepted ("
            + ", ".join(f"{name}: {dict(sorted(found.items()))}" for name, found in forged.items())
            + f"), {stored} stored; of {sum(odd.values())} signed and odd ones: {dict(sorted(odd.items()))}, then "
            f"{states}; {broken} answers of 5xx, {silent} without an answer"
        ),
        figures={
            "forged": sent,
            "accepted": accepted,
            "answers": {name: {str(k): n for k, n in found.items()} for name, found in forged.items()},
            "kinds": dict(kinds),
            "stored": stored,
            "odd": {str(status): count for status, count in odd.items()},
            "odd_ended": states,
            "jobs_failed_by": [row["last_error"] for row in failed],
            "dead_jobs": dead,
            "server_errors": broken,
            "unanswered": silent,
        },
    )


async def _sent(machine: Machine, requests: list[Request]) -> Counter[int]:
    """How often each status came; 0 where the connection was closed without one."""
    found: Counter[int] = Counter()
    queue = iter(requests)

    async def send() -> None:
        connection: Connection | None = None
        for request in queue:
            if connection is None or connection.transport is None or connection.transport.is_closing():
                connection = await Connection.open("127.0.0.1", machine.port)
            found[await _status(connection, request.raw())] += 1

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return found


async def _status(connection: Connection, raw: bytes) -> int:
    answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def settle(status: int) -> None:
        if not answered.done():
            answered.set_result(status)

    connection.on_answer = lambda status, body: settle(status)
    connection.on_lost = lambda: settle(0)
    connection.send(raw)
    try:
        return await asyncio.wait_for(answered, 10)
    except TimeoutError:
        connection.close()
        return 0
