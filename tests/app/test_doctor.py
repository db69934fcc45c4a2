"""What the doctor sees in the settings alone."""

from pathlib import Path

import pytest

from app.commands.doctor import check_passkeys, check_proxy, check_rules, check_storage
from app.config import Settings


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({}, "good"),
        ({"public_url": "https://lyceum.example"}, "warning"),
        ({"public_url": "https://lyceum.example", "trusted_proxies": "10.0.0.0/8"}, "good"),
        ({"trusted_proxies": "10.0.0.1,*"}, "bad"),
    ],
    ids=["no proxy", "not trusted", "trusted", "everybody"],
)
def test_a_proxy_in_front_is_trusted_and_nobody_else(settings: dict[str, str], state: str) -> None:
    assert check_proxy(given(settings)).state == state


@pytest.mark.parametrize(
    ("settings", "state", "said"),
    [
        ({}, "good", "localhost"),
        ({"public_url": "https://api.lyceum.example"}, "good", "api.lyceum.example"),
        ({"public_url": "https://api.lyceum.example", "passkey_domain": "lyceum.example"}, "good", "lyceum.example"),
        ({"public_url": "https://lyceum.example", "passkey_domain": "other.example"}, "bad", "none can be made"),
        ({"public_url": "https://lyceum.example", "passkey_domain": "api.lyceum.example"}, "bad", "none can be made"),
        ({"public_url": "https://192.0.2.7"}, "warning", "192.0.2.7"),
        ({"public_url": "http://lyceum.example"}, "warning", "https"),
        (
            {"public_url": "https://api.lyceum.example", "allowed_origins": "https://app.lyceum.example,lyceum://app"},
            "warning",
            "not for https://app.lyceum.example, outside",
        ),
    ],
    ids=["local", "own", "above", "foreign", "below", "address", "plain", "page outside"],
)
def test_passkeys_are_made_for_a_domain_of_the_public_address(settings: dict[str, str], state: str, said: str) -> None:
    found = check_passkeys(given(settings))
    assert found.state == state
    assert said in found.found


def given(settings: dict[str, str]) -> Settings:
    return Settings.load({f"LYCEUM_{name.upper()}": value for name, value in settings.items()})


@pytest.mark.parametrize(
    ("price", "state", "said"),
    [(3, "good", "with LYCEUM_SHOP_FILE"), (-3, "bad", "LYCEUM_SHOP_FILE: ")],
    ids=["valid", "a gift of gems"],
)
def test_a_mistake_in_a_file_of_rules_is_found_before_the_start(
    tmp_path: Path, price: int, state: str, said: str
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(f"version: 1\nitems: [{{id: hat, kind: cosmetic, price: {price}, name: A hat}}]\n")
    found = check_rules(given({"shop_file": str(file)}))
    assert found.state == state
    assert said in found.found


@pytest.mark.parametrize(
    ("settings", "state", "said"),
    [
        ({}, "good", "local disk answers; no virus scanner"),
        ({"clamd_url": "unix:/run/clamd"}, "good", "each file is scanned"),
        ({"clamd_url": "clamd:3310"}, "bad", "LYCEUM_CLAMD_URL: is tcp://host:port"),
        ({"storage_url": "ftp://files"}, "bad", "LYCEUM_STORAGE_URL: begins with"),
        ({"storage_url": "s3://key:secret@files?endpoint=http://127.0.0.1:9"}, "bad", "Generic"),
    ],
    ids=["disk", "scanned", "no scanner", "no storage", "away"],
)
def test_the_storage_of_files_is_asked(tmp_path: Path, settings: dict[str, str], state: str, said: str) -> None:
    found = check_storage(given({**settings, "data_dir": str(tmp_path)}))
    assert (found.state, said in found.found, "secret" in found.found) == (state, True, False), found
