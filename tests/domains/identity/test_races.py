"""What was right when it was looked at and is not any more when the door opens: the door stays shut."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import bcrypt
import httpx
import pytest

from domains.identity.service import login, passkeys, second_factor
from domains.kernel.uow import Database
from factories.factors import code_of, give, log_in, passkey_login, pending, with_app, with_passkey
from factories.people import PASSWORD, Learner, register

REFUSED = (401, "identity.bad_credentials")


def meanwhile(patch: pytest.MonkeyPatch, where: Any, name: str, happens: Callable[[], Awaitable[Any]]) -> None:
    """Something happens as soon as `where.name` has answered."""
    real = getattr(where, name)

    async def answered(*given: Any, **named: Any) -> Any:
        found = await real(*given, **named)
        await happens()
        return found

    patch.setattr(where, name, answered)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def sessions(db: Database) -> int:
    return len(await db.fetch("SELECT FROM identity_session"))


async def test_a_password_that_changes_while_it_is_checked_opens_nothing_and_does_not_come_back(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await db.fetch("UPDATE identity_user SET password_hash = $1", old)
    change = "UPDATE identity_user SET password_hash = 'another', password_changed_at = now()"
    meanwhile(monkeypatch, login, "verify_password", lambda: db.fetch(change))
    assert code_of(await log_in(ada)) == REFUSED
    assert [row["password_hash"] for row in await db.fetch("SELECT password_hash FROM identity_user")] == ["another"]
    assert await sessions(db) == 1


async def test_two_logins_at_once_both_open_when_they_renew_an_outdated_hash(ada: Learner, db: Database) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await db.fetch("UPDATE identity_user SET password_hash = $1", old)
    answers = await asyncio.gather(*(log_in(ada) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    [row] = await db.fetch("SELECT password_hash FROM identity_user")
    assert row["password_hash"].startswith("$argon2id$")
    # Nothing is left of the tries that were right.
    assert not await db.fetch("SELECT FROM identity_login_failure WHERE failures > 0")


async def test_a_password_that_changes_while_the_second_factor_is_checked_opens_nothing(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await with_app(ada)
    token = await pending(ada)
    change = "UPDATE identity_user SET password_changed_at = now()"
    meanwhile(monkeypatch, second_factor.pending, "take_try", lambda: db.fetch(change))
    assert code_of(await give(ada, token, code=app.code())) == (401, "identity.pending_invalid")
    assert await sessions(db) == 1


async def test_a_passkey_that_is_removed_while_it_answers_opens_nothing(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = await with_passkey(ada)
    meanwhile(monkeypatch, passkeys, "prove", lambda: db.fetch("DELETE FROM identity_passkey"))
    assert code_of(await passkey_login(ada.http, key)) == (400, "identity.passkey_refused")
    assert await sessions(db) == 1


async def test_of_two_ways_in_that_are_removed_at_once_one_stays(ada: Learner, db: Database) -> None:
    _, passkey_id = await with_passkey(ada)
    gone = await asyncio.gather(
        ada.http.delete(f"/api/v1/auth/passkeys/{passkey_id}", headers=ada.headers),
        ada.http.delete("/api/v1/auth/password", headers=ada.headers),
    )
    assert sorted(answer.status_code for answer in gone) == [204, 409]
