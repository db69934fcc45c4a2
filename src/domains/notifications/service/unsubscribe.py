"""Links that stop mails without a login (RFC 8058).

Invariant: a link speaks for one person and one scope, and only we can make one; opening it changes nothing, pressing
its button does so at once, and again changes nothing more.
"""

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.errors import LinkUnknown
from domains.notifications.policy.kinds import CATEGORIES, EMAIL, KINDS, Category, Kind
from domains.notifications.policy.planning import Frequency, category_scope, fixed, frequency
from domains.notifications.repository import wishes
from domains.notifications.service import preferences
from domains.notifications.service.keys import kept

ALL = "*"
"""The scope of everything that may be switched off."""
_MAC_BYTES = 16
_KEY = "unsubscribe"


class Asked(NamedTuple):
    """What a link is about, and how it stands: `stopped` by category, and for its own scope."""

    user_id: UUID
    scope: str
    locale: str
    stopped: bool
    categories: dict[Category, bool]


async def link(db: Database, user_id: UUID, scope: str) -> str:
    """The whole address. `scope`: a kind's id, `category:<name>` or ALL."""
    return f"{db.port(Senders).public_url}{await path(db, user_id, scope)}"


async def path(db: Database, user_id: UUID, scope: str) -> str:
    said = user_id.bytes + scope.encode()
    token = base64.urlsafe_b64encode(said + _mac(await _key(db), said)).rstrip(b"=").decode()
    return f"/unsubscribe/{token}"


def scope_of(kind: Kind) -> str | None:
    """What the link in a mail of this kind stops; None where nobody may choose."""
    if kind.id == "digest":
        return kind.id
    if fixed(kind, EMAIL):
        return None
    # Who does not want this piece of news does not want the next one under another name.
    return category_scope("marketing") if kind.category == "marketing" else kind.id


async def asked(db: Database, token: str) -> Asked:
    """Raises LinkUnknown."""
    user_id, scope = await _opened(db, token)
    async with db.begin() as uow:
        contact = await identity.contact(uow, user_id)
        if contact is None:
            raise LinkUnknown
        said = await wishes.said(uow.session, user_id, None)
        chosen = _of_mails(said)
    scopes = {category: category_scope(category) for category in CATEGORIES}
    if said.marketing_since is None:
        # Nothing comes, and a link in a mail is not where somebody agrees to it.
        del scopes["marketing"]
    off = {category: _stopped(one, chosen) for category, one in scopes.items() if _kinds(one, chosen)}
    return Asked(user_id, scope, contact.locale, _stopped(scope, chosen), off)


async def stop(db: Database, token: str) -> None:
    """Raises LinkUnknown."""
    user_id, scope = await _opened(db, token)
    async with db.begin() as uow:
        if await identity.contact(uow, user_id) is None:
            raise LinkUnknown
        for part in _parts(scope):
            await _set(uow, user_id, part, "off")
        await preferences.drop_unwanted(uow, user_id)


async def start_again(db: Database, token: str) -> None:
    """Mails of this scope come as they do by themselves; not for digests. Raises LinkUnknown."""
    user_id, scope = await _opened(db, token)
    async with db.begin() as uow:
        if await identity.contact(uow, user_id) is None:
            raise LinkUnknown
        for part in _parts(scope):
            await _set(uow, user_id, part, "instant")


async def _set(uow: UnitOfWork, user_id: UUID, scope: str, wanted: Frequency) -> None:
    if scope == "digest":
        # A digest is what was asked for kind by kind, so each is answered; what it was cannot be known afterwards.
        for one, said in (await _chosen(uow, user_id)).items():
            if said in {"daily", "weekly"} and wanted == "off":
                await wishes.prefer(uow.session, user_id, one, EMAIL, "off")
        return
    if scope.startswith("category:"):
        # A kind's own word would win over its category's.
        own = [kind.id for kind in KINDS.values() if category_scope(kind.category) == scope]
        await wishes.forget_preferences(uow.session, user_id, own, EMAIL)
    if wanted == "off":
        await wishes.prefer(uow.session, user_id, scope, EMAIL, "off")
    else:
        await wishes.forget_preferences(uow.session, user_id, [scope], EMAIL)


async def _chosen(uow: UnitOfWork, user_id: UUID) -> dict[str, str]:
    """What somebody has said of mails, by scope."""
    return _of_mails(await wishes.said(uow.session, user_id, None))


def _of_mails(said: wishes.Said) -> dict[str, str]:
    return {scope: often for scope, channel, often in said.chosen if channel == EMAIL}


def _stopped(scope: str, chosen: dict[str, str]) -> bool:
    if scope == "digest":
        return not {"daily", "weekly"} & set(chosen.values())
    given = {(one, EMAIL): _frequency(often) for one, often in chosen.items()}
    return all(frequency(kind, EMAIL, given) == "off" for kind in _kinds(scope, chosen))


def _kinds(scope: str, chosen: dict[str, str]) -> list[Kind]:
    """Those that come by mail, by themselves or by wish, and may be switched off."""
    return [
        kind
        for kind in KINDS.values()
        if scope in {kind.id, category_scope(kind.category), ALL}
        and not fixed(kind, EMAIL)
        and (EMAIL in kind.channels or kind.id in chosen)
    ]


def _frequency(value: str) -> Frequency:
    return "off" if value == "off" else "daily" if value == "daily" else "weekly" if value == "weekly" else "instant"


def _parts(scope: str) -> list[str]:
    return [category_scope(category) for category in CATEGORIES] if scope == ALL else [scope]


async def _opened(db: Database, token: str) -> tuple[UUID, str]:
    """Raises LinkUnknown for what we have not signed, and for a scope that is no more."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise LinkUnknown from None
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(said) <= 16 or not hmac.compare_digest(mac, _mac(await _key(db), said)):
        raise LinkUnknown
    scope = said[16:].decode(errors="replace")
    if scope not in KINDS and scope != ALL and scope.removeprefix("category:") not in CATEGORIES:
        raise LinkUnknown
    return UUID(bytes=said[:16]), scope


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, said, hashlib.sha256).digest()[:_MAC_BYTES]


async def _key(db: Database) -> bytes:
    return await kept(db, _KEY, lambda: secrets.token_bytes(32))
