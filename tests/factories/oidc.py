"""People who log in at another provider."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from factories.people import Learner

OIDC = "/api/v1/auth/oidc"


async def start(http: httpx.AsyncClient, provider: str = "school", *, by: Learner | None = None, **body: Any) -> Any:
    """What the start of a login answers with."""
    answer = await http.post(f"{OIDC}/{provider}/start", json=body, headers=by.headers if by else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def at_provider(url: str, sub: str) -> str:
    """Logs in there, as a browser; where it is sent."""
    async with httpx.AsyncClient(verify=False) as browser:
        answer = await browser.post(url, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


async def back(http: httpx.AsyncClient, callback: str) -> dict[str, str]:
    """Follows the provider's answer; what stands in the address of the client's page."""
    parts = urlsplit(callback)
    answer = await http.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 303, answer.text
    return query_of(answer.headers["Location"])


async def exchange(http: httpx.AsyncClient, code: str, verifier: str) -> httpx.Response:
    return await http.post(f"{OIDC}/exchange", json={"code": code, "verifier": verifier})


async def log_in(
    http: httpx.AsyncClient, sub: str, provider: str = "school", *, by: Learner | None = None, **body: Any
) -> httpx.Response:
    """All of it."""
    begun = await start(http, provider, by=by, **body)
    came = await back(http, await at_provider(begun["url"], sub))
    return await exchange(http, came["code"], begun["verifier"])


async def refusal(http: httpx.AsyncClient, sub: str, provider: str = "school") -> str:
    """With which error the browser comes back."""
    begun = await start(http, provider)
    return (await back(http, await at_provider(begun["url"], sub)))["error"]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
