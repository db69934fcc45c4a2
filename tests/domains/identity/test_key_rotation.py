"""Signing keys are replaced in time: by command, by the clock, and without logging anybody out."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import jwt
import pytest
import time_machine

from app.asgi import Parts
from domains.identity import api
from domains.identity.api import Authenticator
from domains.identity.jobs import JOBS
from domains.identity.policy.sessions import KEY_AFTERLIFE, KEY_LIFETIME, KEY_NOTICE
from domains.identity.service.keys import KeyRing
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.people import register

[JOB] = [job for job in JOBS if job.name == "identity.rotate_keys"]


@pytest.fixture
async def authenticator(parts: Parts, db: Database) -> AsyncIterator[Authenticator]:
    """Of a process that starts now, with a key that is new."""

    async def begin_anew() -> None:
        await db.fetch("DELETE FROM identity_signing_key")
        parts.authenticator.keys = KeyRing(db)

    await begin_anew()
    yield Authenticator(db, issuer=parts.infra.settings.public_url)
    await begin_anew()


async def kids(db: Database) -> list[str]:
    return [key.kid for key in await api.signing_keys(db)]


async def test_a_key_of_ninety_days_is_replaced_by_the_clock_and_a_younger_one_is_not(
    authenticator: Authenticator, db: Database
) -> None:
    await authenticator.keys.signing_key()
    with time_machine.travel(utc_now(), tick=False) as clock:
        clock.shift(KEY_LIFETIME - timedelta(minutes=1))
        await JOB.run(db)
        assert len(await kids(db)) == 1
        clock.shift(timedelta(minutes=2))
        await JOB.run(db)
        await JOB.run(db)
        assert len(await kids(db)) == 2, "once, however often it runs"
    [told] = await db.fetch("SELECT detail FROM identity_audit WHERE action = 'signing_keys_rotated'")
    assert (await kids(db))[1] in told["detail"]


async def test_nobody_is_logged_out_by_a_new_key(
    client: httpx.AsyncClient, authenticator: Authenticator, parts: Parts, db: Database
) -> None:
    ada = await register(client)
    old = jwt.get_unverified_header(ada.token)["kid"]
    with time_machine.travel(utc_now(), tick=False) as clock:
        async with db.begin() as uow:
            new = await api.rotate_keys(uow)
        published = (await client.get("/.well-known/jwks.json")).json()["keys"]
        clock.shift(timedelta(minutes=1, seconds=1))
        published = (await client.get("/.well-known/jwks.json")).json()["keys"]
        assert {key["kid"] for key in published} == {old, new}, "known before it signs"
        clock.shift(KEY_NOTICE)
        fresh = await register(client, "Eve")
        assert jwt.get_unverified_header(fresh.token)["kid"] == new
        assert (await ada.get("/auth/me")).status_code == 200
        clock.shift(timedelta(minutes=11))
        assert (await ada.get("/auth/me")).status_code == 200, "until it expires"


async def test_private_keys_that_nothing_needs_any_more_are_deleted(authenticator: Authenticator, db: Database) -> None:
    await authenticator.keys.signing_key()
    with time_machine.travel(utc_now(), tick=False) as clock:
        async with db.begin() as uow:
            new = await api.rotate_keys(uow)
        clock.shift(KEY_NOTICE + KEY_AFTERLIFE)
        await JOB.run(db)
        assert len(await db.fetch("SELECT FROM identity_signing_key")) == 2
        clock.shift(timedelta(seconds=1))
        await JOB.run(db)
        assert [row["kid"] for row in await db.fetch("SELECT kid FROM identity_signing_key")] == [new]
