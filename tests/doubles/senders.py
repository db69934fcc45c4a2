"""A way out that does what a test tells it to, and keeps what it took."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from domains.notifications.channels.port import Accepted, Mail

Fault = Callable[[Mail], BaseException | None]


def none(_mail: Mail) -> BaseException | None:
    return None


async def _at_once() -> None:
    return


class MailDouble:
    """`before`: what goes wrong before a mail is taken; `after`: what goes wrong once it is; `meanwhile` is waited for.
    `answer` is what is said of each, or its number. `tried` and `taken` count by Message-ID, `most_at_once` by
    address."""

    def __init__(self, before: Fault = none, after: Fault = none, *, takes_s: float = 0.0) -> None:
        self.before = before
        self.after = after
        self.takes_s = takes_s
        self.meanwhile: Callable[[], Awaitable[object]] = _at_once
        self.answer = ""
        self.mails: list[Mail] = []
        self.tried: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()

    async def send(self, mail: Mail) -> Accepted:
        self.tried[mail.message_id] += 1
        self._open[mail.to_address] += 1
        self.most_at_once[mail.to_address] = max(self.most_at_once[mail.to_address], self._open[mail.to_address])
        try:
            await asyncio.sleep(self.takes_s)
            await self.meanwhile()
            self._raised(self.before(mail))
            self.taken[mail.message_id] += 1
            self.mails.append(mail)
            self._raised(self.after(mail))
        finally:
            self._open[mail.to_address] -= 1
        return Accepted(self.answer or f"250 queued as {len(self.mails)}")

    @staticmethod
    def _raised(fault: BaseException | None) -> None:
        if fault is not None:
            raise fault

    async def aclose(self) -> None:
        return
