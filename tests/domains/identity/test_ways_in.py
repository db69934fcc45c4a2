"""What holds for all ways in together: none gets past a second factor, and a merge forgets nobody's rows."""

from typing import Any

import httpx
import pytest

from app.registry import DOMAINS, metadata
from domains.identity.events import AccountMerged
from domains.kernel.uow import Database
from factories.factors import with_app
from factories.mailbox import code_for, token_for
from factories.people import register

AUTH = "/api/v1/auth"
EMAIL = "ada@example.org"
OTHER = "another long secret 43"


@pytest.fixture
async def guarded(client: httpx.AsyncClient, db: Database, crank: Any) -> None:
    """Her account asks for a second factor; the mails that told her of it have arrived."""
    ada = await register(client, email=EMAIL)
    await db.fetch("UPDATE identity_user SET email_verified_at = now()")
    await with_app(ada)
    await crank.jobs()


async def test_a_login_by_code_waits_for_the_second_factor(
    client: httpx.AsyncClient, db: Database, guarded: None, crank: Any
) -> None:
    asked = await client.post(f"{AUTH}/login/code", json={"email": EMAIL})
    await crank.jobs()
    body = {"request_id": asked.json()["request_id"], "code": await code_for(db, EMAIL, "sign-in")}
    answer = await client.post(f"{AUTH}/login/code/confirm", json=body)
    assert (answer.status_code, list(answer.json())) == (202, ["second_factor"])
    assert "totp" in answer.json()["second_factor"]["methods"]


async def test_a_reset_leaves_the_second_factor_as_it_was(
    client: httpx.AsyncClient, db: Database, guarded: None, crank: Any
) -> None:
    await client.post(f"{AUTH}/password/reset", json={"email": EMAIL})
    await crank.jobs()
    body = {"token": await token_for(db, EMAIL), "password": OTHER}
    assert (await client.post(f"{AUTH}/password/reset/confirm", json=body)).status_code == 204
    answer = await client.post(f"{AUTH}/login", json={"email": EMAIL, "password": OTHER})
    assert (answer.status_code, list(answer.json())) == (202, ["second_factor"])


def test_every_domain_with_rows_of_people_takes_part_in_a_merge() -> None:
    owners = {
        name.partition("_")[0]
        for name, table in metadata().tables.items()
        if any(key.column.table.name == "identity_user" for key in table.foreign_keys)
    }
    partakers = {
        domain.name
        for domain in DOMAINS
        for subscription in domain.subscriptions
        if subscription.event is AccountMerged and subscription.when == "inside"
    }
    assert owners - {"identity"} <= partakers
