"""People with a second factor."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from pyotp import TOTP

from domains.kernel.clock import utc_now
from doubles.authenticator import Authenticator
from factories.people import PASSWORD, Learner

AUTH = "/api/v1/auth"


@dataclass
class App:
    """An authenticator app, with the recovery codes on the paper beside it."""

    secret: str
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, *, steps: int = 0) -> str:
        return TOTP(self.secret).at(utc_now(), counter_offset=steps)


async def with_app(ada: Learner) -> App:
    """Turned on by the code of the step before this one, so that the one of now is still good."""
    begun = await ada.post("/auth/totp")
    assert begun.status_code == 201, begun.text
    app = App(begun.json()["secret"])
    confirmed = await ada.post("/auth/totp/confirm", {"code": app.code(steps=-1)})
    if confirmed.status_code == 400:
        # Half a minute has just ended: the code is two steps old by now.
        confirmed = await ada.post("/auth/totp/confirm", {"code": app.code(steps=-1)})
    assert confirmed.status_code == 200, confirmed.text
    app.recovery_codes = confirmed.json()["codes"]
    return app


async def with_passkey(ada: Learner, key: Authenticator | None = None, **said: Any) -> tuple[Authenticator, str]:
    """A new passkey, and its id."""
    key = key or Authenticator()
    kept = await keep_passkey(ada, key, **said)
    assert kept.status_code == 201, kept.text
    return key, kept.json()["id"]


async def keep_passkey(ada: Learner, key: Authenticator, **said: Any) -> httpx.Response:
    asked = await ada.post("/auth/passkeys/options")
    assert asked.status_code == 200, asked.text
    return await ada.post("/auth/passkeys", {"passkey": key.create(asked.json()["public_key"], **said)})


async def log_in(ada: Learner, password: str = PASSWORD) -> httpx.Response:
    me = await ada.get("/auth/me")
    return await ada.http.post(f"{AUTH}/login", json={"email": me.json()["email"], "password": password})


async def pending(ada: Learner) -> str:
    """The token of a login of hers that waits."""
    answer = await log_in(ada)
    assert answer.status_code == 202, answer.text
    token: str = answer.json()["second_factor"]["token"]
    return token


async def give(ada: Learner, token: str, **proof: Any) -> httpx.Response:
    return await ada.http.post(f"{AUTH}/second-factor", json={"token": token, **proof})


async def passkey_login(http: httpx.AsyncClient, key: Authenticator, **said: Any) -> httpx.Response:
    asked = await http.post(f"{AUTH}/passkeys/login/options")
    return await http.post(f"{AUTH}/passkeys/login", json={"passkey": key.get(asked.json()["public_key"], **said)})


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def as_session(ada: Learner, tokens: httpx.Response) -> Learner:
    """She, by the tokens of another login."""
    assert tokens.status_code == 200, tokens.text
    return Learner(ada.id, ada.name, tokens.json()["access_token"], ada.http)
