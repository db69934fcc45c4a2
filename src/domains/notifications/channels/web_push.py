"""Messages to browsers (RFC 8030). Invariant: every message ends as taken, Held or Refused, within five seconds, and
nothing but a public push service is ever spoken to."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from domains.kernel.addresses import parsed
from domains.kernel.clock import utc_now
from domains.kernel.egress import Answer, Away, Egress, OutOfReach
from domains.notifications.channels.answers import retry_after_s
from domains.notifications.channels.port import Accepted, Held, Refused, WebPush
from domains.notifications.channels.web_push_crypto import MOST_PAYLOAD_BYTES, BadKey, Vapid, encrypt

log = logging.getLogger(__name__)

MOST_TTL_S = 28 * 86_400
"""Push services take no more."""

ReadKey = Callable[[], Awaitable[bytes]]


class WebPushes:
    """Sends with the house's own VAPID key. `read_key` gives its secret and is asked at the first need, because a
    process opens its ways out before its tables are there."""

    def __init__(self, read_key: ReadKey, egress: Egress, *, subject: str = "") -> None:
        self._read_key = read_key
        self._egress = egress
        self._subject = subject
        self._vapid: Vapid | None = None
        self._reading = asyncio.Lock()

    def takes(self, endpoint: str) -> bool:
        return self._egress.takes(endpoint)

    async def public_key(self) -> str:
        return (await self._key()).public_key

    async def send(self, push: WebPush) -> Accepted:
        found = parsed(push.endpoint)
        if found is None or not self._egress.takes(push.endpoint):
            raise Refused("the endpoint is no address of a push service", gone=True)
        if len(push.payload) > MOST_PAYLOAD_BYTES:
            raise Refused(f"a payload of {len(push.payload)} bytes does not fit")
        try:
            body = encrypt(push.payload, p256dh=push.p256dh, auth=push.auth)
        except BadKey as error:
            raise Refused(f"the keys of the subscription: {error}", gone=True) from error
        vapid = await self._key()
        headers = {
            "Authorization": vapid.authorization(found.origin, utc_now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, min(push.ttl_s, MOST_TTL_S))),
            "Urgency": push.urgency,
            "User-Agent": "Lyceum",
        }
        if push.topic:
            headers["Topic"] = push.topic
        try:
            answer = await self._egress.post(push.endpoint, found.host, headers, body)
        except OutOfReach as error:
            raise Refused("the endpoint does not lead to a public address") from error
        except Away as error:
            raise Held(f"{found.host}: {error}") from error
        if answer.status == 401:
            vapid.forget(found.origin)
        return _outcome(found.host, answer)

    async def aclose(self) -> None:
        await self._egress.aclose()

    async def _key(self) -> Vapid:
        if self._vapid is None:
            async with self._reading:
                if self._vapid is None:
                    self._vapid = Vapid(await self._read_key(), self._subject)
        return self._vapid


def _outcome(host: str, answer: Answer) -> Accepted:
    """Raises Held, Refused."""
    status = answer.status
    if 200 <= status < 300:
        return Accepted(answer.headers.get("location", "")[:500])
    said = f"{host} answered {status}"
    if status in {404, 410}:
        raise Refused(said, gone=True)
    if status in {401, 403}:
        # By this alone no subscription is pruned: a clock that is wrong looks the same, and would lose all of them.
        log.error("the push service %s does not take our VAPID token: %r", host, answer.text[:200])
    if status in {401, 408, 425, 429} or status >= 500:
        raise Held(said, retry_after_s(answer.headers.get("retry-after", ""), utc_now()))
    raise Refused(said)
