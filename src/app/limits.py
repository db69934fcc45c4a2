"""Who is limited, by which quota, and how that is told: `RateLimit` headers as in the IETF draft, and 429.

| group | counted by | holds for |
| --- | --- | --- |
| public | address | whoever is not logged in, also with a token that is refused |
| signed_in | person | learners |
| elevated | person | staff |
| api_keys | key | other servers |
| webhooks | address | routes that say `opt={"rate": "webhooks"}` |
| media | address | files that are handed out and taken in: a page shows dozens |

A route may say `rate` for another group or `none`, and `rate_here` where asking Redis would cost more than the answer:
each process then counts for itself.
"""

import functools
from collections.abc import Mapping
from ipaddress import ip_address

from litestar.types import Message, Scope, Send
from redis.asyncio import Redis

from app.config import Settings
from app.limiter import Limiter, Quota, Standing
from app.problems import RateLimited
from domains.identity.api import STAFF, Principal, address_subject

Headers = list[tuple[bytes, bytes]]


class Limits:
    """One per process."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self.limiter = Limiter(redis)
        self._off = settings.rate_limits == "off"
        self._spares_this_machine = settings.rate_limits == "auto" and not settings.production
        self._quotas: Mapping[str, Quota] = {
            "public": _quota(settings.limit_public),
            "signed_in": _quota(settings.limit_signed_in),
            "elevated": _quota(settings.limit_elevated),
            "api_keys": _quota(settings.limit_api_keys),
            "webhooks": _quota(settings.limit_webhooks),
            "media": _quota(settings.limit_media),
        }
        self._policies = {name: b'"%s";q=%d;w=%d' % (name.encode(), *quota) for name, quota in self._quotas.items()}

    async def admit(self, scope: Scope, send: Send) -> Send:
        """Counts a request whose caller is known by now; the `send` that tells how much is left. Raises RateLimited."""
        opt = scope["route_handler"].opt
        group = opt.get("rate") or self._group(scope["user"], scope["auth"])
        if group == "none" or self._spared(scope):
            return send
        name, quota = self._name(group, scope), self._quotas[group]
        here = bool(opt.get("rate_here"))
        standing = self.limiter.here(name, quota) if here else await self.limiter.everywhere(name, quota)
        headers = self._told(group, standing)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        return telling

    def admit_here(self, scope: Scope, principal: Principal) -> Headers:
        """The same for somebody who is logged in, without waiting for anything; headers of the answer."""
        if self._spared(scope):
            return []
        group = self._group(principal, None)
        return self._told(group, self.limiter.here(f"{group}:{principal.user_id}", self._quotas[group]))

    def _spared(self, scope: Scope) -> bool:
        return self._off or (self._spares_this_machine and _is_this_machine(_host(scope)))

    def _group(self, principal: Principal | None, key: object) -> str:
        if principal is not None:
            return "elevated" if principal.roles & STAFF else "signed_in"
        return "public" if key is None else "api_keys"

    def _name(self, group: str, scope: Scope) -> str:
        if group in {"public", "webhooks", "media"}:
            return f"{group}:{_address(_host(scope))}"
        return f"{group}:{scope['auth'].id if scope['user'] is None else scope['user'].user_id}"

    def _told(self, group: str, standing: Standing) -> Headers:
        quota = self._quotas[group]
        left = b'"%s";r=%d;t=%d' % (group.encode(), standing.remaining(quota), standing.reset_s)
        headers = [(b"ratelimit-policy", self._policies[group]), (b"ratelimit", left)]
        if standing.allowed:
            return headers
        raise RateLimited(
            retry_after_s=standing.retry_after_s(quota),
            headers={"RateLimit-Policy": self._policies[group].decode(), "RateLimit": left.decode()},
        )


def _quota(text: str) -> Quota:
    requests, _, seconds = text.partition("/")
    return Quota(int(requests), int(seconds))


def _host(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


@functools.lru_cache(maxsize=10_000)
def _address(host: str | None) -> str:
    return address_subject(host)


@functools.lru_cache(maxsize=10_000)
def _is_this_machine(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
