"""The setting that names login providers, and what is believed of what they say about addresses."""

from typing import Any

import pytest

from app.config import ConfigError, Settings
from app.infra import _login_providers
from domains.identity.api import BadProviders, providers_of
from domains.identity.policy.oidc import GOOGLE, claims_of


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ('[{"name": ', "truncated"),
        ('{"name": "a"}', "Expected `array`"),
        ('[{"name": "a", "client_id": "b", "secret": "c"}]', "unknown field"),
        ('[{"name": "A b", "client_id": "b"}]', "cannot be a provider's name"),
        ('[{"name": "exchange", "client_id": "b"}]', "cannot be a provider's name"),
        ('[{"name": "a", "client_id": "b"}]', "no issuer"),
        ('[{"name": "google", "client_id": ""}]', "no client_id"),
        ('[{"name": "a", "client_id": "b", "issuer": "http://example.org"}]', "https://"),
        ('[{"name": "a", "client_id": "b", "issuer": "https://[x"}]', "https://"),
        ('[{"name": "google", "client_id": "b"}, {"name": "google", "client_id": "c", "issuer": "https://x"}]', "name"),
        (
            f'[{{"name": "google", "client_id": "b"}}, {{"name": "a", "client_id": "c", "issuer": "{GOOGLE}"}}]',
            "issuer",
        ),
    ],
    ids=range(11),
)
def test_a_wrong_setting_says_what_is_wrong(setting: str, wrong: str) -> None:
    with pytest.raises(BadProviders, match=wrong):
        providers_of(setting, public_url="http://127.0.0.1:8000", origins=[])
    with pytest.raises(ConfigError, match="LYCEUM_OIDC_PROVIDERS: "):
        _login_providers(Settings(oidc_providers=setting))


async def test_google_needs_an_id_and_a_secret_only() -> None:
    found = providers_of(
        '[{"name": "google", "client_id": "a", "client_secret": "b"}]', public_url="https://x.example", origins=[]
    )
    google = found.named("google")
    assert (google.issuer, google.title, google.trusted) == (GOOGLE, "Google", True)
    await found.aclose()


def test_google_knows_its_own_addresses_only() -> None:
    said = {"sub": "1", "email": "ada@example.org", "email_verified": True}
    assert not claims_of(said, GOOGLE).verified
    assert claims_of(said | {"hd": "example.org"}, GOOGLE).verified
    assert claims_of(said | {"email": "ada@gmail.com"}, GOOGLE).verified
    assert not claims_of(said | {"email": "ada@gmail.com.example"}, GOOGLE).verified
    assert claims_of(said, "https://school.example").verified


@pytest.mark.parametrize("said", [False, None, "false", "yes", 1.5, "TRUE", {}, [True]], ids=repr)
def test_an_address_is_verified_only_where_the_provider_says_so(said: Any) -> None:
    assert not claims_of({"sub": "1", "email": "ada@example.org", "email_verified": said}, "https://x").verified
