"""One delivery to all devices of a person. Invariant: a device that took it is not asked again when another has to be,
and a device that is gone is forgotten.

Runs outside any transaction: each statement commits by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from domains.kernel.uow import Database
from domains.notifications.channels.port import Accepted, Due, Held, MobilePush, Refused, Senders, WebPush
from domains.notifications.policy.kinds import KINDS, Urgency
from domains.notifications.policy.payload import topic_of, web_payload
from domains.notifications.rendering import render
from domains.notifications.repository import devices as repository

_MOST_REFERENCE_CHARS = 120

Attempt = Callable[[], Awaitable[Accepted]]
_P = TypeVar("_P")


class Reader(NamedTuple):
    """Who will read it."""

    locale: str
    zone: str = "UTC"
    person_name: str = ""


async def to_browsers(db: Database, due: Due, reader: Reader, now: datetime) -> Accepted:
    """Raises Held, with those that took it in its reference, and Refused when nobody can take it."""
    sender = db.port(Senders).web_push
    if sender is None:
        raise Refused("web push is not set up")
    title, body = _words(due, reader)
    tag = topic_of(_cause(due))
    payload = web_payload(title=title, body=body, url=due.url, tag=tag, lang=reader.locale)
    ttl_s, urgency = _left_s(due, now), _urgency(due)
    attempts: dict[UUID, Attempt] = {}
    for browser in await repository.browsers(db, due.user_id):
        push = WebPush(browser.endpoint, browser.p256dh, browser.auth, payload, ttl_s, urgency, tag)
        attempts[browser.id] = _later(sender.send, push)
    return await _everywhere(db, due, attempts)


async def to_phones(db: Database, due: Due, reader: Reader, now: datetime) -> Accepted:
    """Raises the same."""
    sender = db.port(Senders).mobile_push
    if sender is None:
        raise Refused("mobile push is not set up")
    title, body = _words(due, reader)
    ttl_s, urgency, tag = _left_s(due, now), _urgency(due), topic_of(_cause(due))
    attempts: dict[UUID, Attempt] = {}
    for phone in await repository.phones(db, due.user_id):
        push = MobilePush(phone.token, title, body, due.url, ttl_s, urgency, tag)
        attempts[phone.id] = _later(sender.send, push)
    return await _everywhere(db, due, attempts)


async def _everywhere(db: Database, due: Due, attempts: Mapping[UUID, Attempt]) -> Accepted:
    took = _read(due.reference)
    waiting = {device: attempt for device, attempt in attempts.items() if device not in took}
    outcomes = dict(zip(waiting, await asyncio.gather(*map(_outcome, waiting.values())), strict=True))
    gone = [device for device, found in outcomes.items() if isinstance(found, Refused) and found.gone]
    if gone:
        await repository.prune(db, due.user_id, gone)
    took |= {device: found.reference for device, found in outcomes.items() if isinstance(found, Accepted)}
    held = [found for found in outcomes.values() if isinstance(found, Held)]
    if held:
        raise Held(str(held[0]), min(found.retry_after_s for found in held), reference=_written(took))
    if took:
        return Accepted(_written(took))
    refused = next((found for found in outcomes.values() if isinstance(found, Refused)), None)
    raise Refused(str(refused) if refused else "there is no device")


async def _outcome(attempt: Attempt) -> Accepted | Held | Refused:
    try:
        return await attempt()
    except (Held, Refused) as found:
        return found


def _later(send: Callable[[_P], Awaitable[Accepted]], push: _P) -> Attempt:
    return lambda: send(push)


def _words(due: Due, reader: Reader) -> tuple[str, str]:
    words = render.push(due.kind, due.params, reader.locale, zone=reader.zone, person_name=reader.person_name)
    return words.title, words.body


def _cause(due: Due) -> str:
    """The same in every try, so that a browser that got it twice shows it once."""
    return str(due.id)


def _left_s(due: Due, now: datetime) -> int:
    return max(0, int((due.expires_at - now).total_seconds()))


def _urgency(due: Due) -> Urgency:
    kind = KINDS.get(due.kind)
    return kind.urgency if kind else "normal"


def _written(took: Mapping[UUID, str]) -> str:
    """A line per device that took it, with what the other side called it: words of a stranger."""
    return "\n".join(f"{device} {_plain(reference)}".rstrip() for device, reference in took.items())


def _read(reference: str) -> dict[UUID, str]:
    parts = [line.partition(" ") for line in reference.split("\n") if line]
    return {UUID(device): said for device, _, said in parts}


def _plain(reference: str) -> str:
    return "".join(letter for letter in reference if letter.isascii() and letter.isprintable())[:_MOST_REFERENCE_CHARS]
