"""The pages behind the links in mails: what they carry, and that opening one changes nothing."""

import re
from typing import Any

import httpx
import pytest

from domains.kernel.uow import Database
from domains.notifications.handlers import account
from domains.notifications.rendering import pages, texts
from factories.mailbox import mails
from factories.people import register

PATHS = {"/verify": "verify", "/account/email": "move", "/reset": "reset"}


async def test_what_mails_link_to_answers_with_a_page_that_no_referrer_leaves(client: httpx.AsyncClient) -> None:
    for _, path in account._MAILS.values():
        assert (await client.get(path)).headers["content-type"].startswith("text/html"), path
    for path, purpose in PATHS.items():
        answer = await client.get(path, headers={"Accept-Language": "de-AT,de;q=0.9"})
        assert answer.status_code == 200
        assert f'data-purpose="{purpose}"' in answer.text
        assert 'lang="de-AT"' in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'; connect-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.text)
    assert (await client.get("/static/links.js")).status_code == 200


async def test_opening_a_link_does_not_use_it_up_and_its_secret_is_behind_the_hash(
    client: httpx.AsyncClient, db: Database, crank: Any
) -> None:
    await register(client, email="ada@example.org")
    await crank.jobs()
    [(_, text)] = [mail for mail in await mails(db, "ada@example.org") if "/verify" in mail[1]]
    link = re.search(r"http\S+/verify\S*", text)
    assert link is not None
    path, _, token = link[0].partition("#token=")
    assert len(token) > 40
    assert token not in path
    for _ in range(2):
        # What a program that looks for malware does; browsers send no more of the link than it can.
        assert (await client.get("/verify")).status_code == 200
    confirm = "/api/v1/auth/email/verify/confirm"
    assert (await client.post(confirm, json={"token": token})).status_code == 204
    again = await client.post(confirm, json={"token": token})
    assert (again.status_code, again.json()["code"]) == (400, "identity.code_invalid")


@pytest.mark.parametrize("language", texts.languages())
def test_every_page_has_all_its_words_in_every_language(language: str, caplog: pytest.LogCaptureFixture) -> None:
    for purpose in PATHS.values():
        page = pages.link(language, purpose)
        assert f'lang="{language}"' in page
        assert not re.search(r"<(p|button|h1|label|title|a)\b[^>]*>\s*</\1>", page)
    assert caplog.records == []


@pytest.mark.parametrize("purpose", PATHS.values())
def test_every_outcome_that_the_script_tells_stands_on_the_page(purpose: str) -> None:
    page = pages.link("en", purpose)
    own = {"verify": set(), "move": {"half_old", "half_new", "taken"}, "reset": {"sent"}}[purpose]
    told = {"done", "invalid", "missing", "too_often", "failed", "offline"} | own
    assert told == set(re.findall(r'<p id="(\w+)" class="(?:done|alert)" hidden>', page)) - {"weak"}
