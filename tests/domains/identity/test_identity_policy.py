"""What is accepted at registration, and what failures and refresh tokens mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.identity.errors import BadField, WeakPassword
from domains.identity.policy import fields, limits
from domains.identity.policy.passwords import checked_password
from domains.identity.policy.sessions import Presented, Verdict, refresh_verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "email", ["a@b", "a b@c.de", "a@b.de\r\nBcc: x@y.z", "@b.de", "a@", ".a@b.de", "a..b@c.de", "a@-b.de", "ä\0@b.de"]
)
def test_what_is_no_email_address_is_refused(email: str) -> None:
    with pytest.raises(BadField):
        fields.checked_email(email)


def test_email_addresses_keep_their_spelling() -> None:
    assert fields.checked_email(" Ada.Lovelace+x@Mail.Example.org ") == "Ada.Lovelace+x@Mail.Example.org"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\0b", "a\nb", "\u200d", "\ud800", "a\u202eb"])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    with pytest.raises(BadField):
        fields.checked_name(name)


@pytest.mark.parametrize("name", ["Ada", "José María", "می\u200cخواهم", "👩\u200d🔬", "李"])
def test_names_of_many_scripts_are_welcome(name: str) -> None:
    assert fields.checked_name(f" {name} ") == name


@given(st.text())
def test_an_accepted_name_is_accepted_again_unchanged(name: str) -> None:
    try:
        kept = fields.checked_name(name)
    except BadField:
        return
    assert fields.checked_name(kept) == kept


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 129, "password123", "PassWord1!", "abababab", "12345678", "qwertyuiop", "ada@example.org"],
)
def test_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        checked_password(password, email="ada@example.org", name="Ada")


@pytest.mark.parametrize(
    "password", ["    leading and trailing    ", "пароль-и-ещё", "🐎🔋📎✅🐎🔋📎!", "x1" + "y" * 126]
)
def test_other_passwords_are_kept_to_the_letter(password: str) -> None:
    assert checked_password(password, email="ada@example.org", name="Ada") == password


@pytest.mark.parametrize("password", ["trustno1", "Liverpool1", "q1w2e3r4t5", "19871987", "correcthorsebatterystaple"])
def test_what_others_have_chosen_before_is_refused_offline(password: str) -> None:
    with pytest.raises(WeakPassword, match="guesser"):
        checked_password(password, email=None, name="Ada")
    assert checked_password(f"{password}\n{password}", email=None, name="Ada")


@pytest.mark.parametrize("delays_s", [limits.PAIR_DELAYS_S, limits.STRANGERS_DELAYS_S])
def test_at_most_twenty_guesses_an_hour_are_let_through(delays_s: tuple[float, ...]) -> None:
    at, guesses = 0.0, 0
    while at < 3600:
        guesses += 1
        at += delays_s[min(guesses, len(delays_s)) - 1]
    assert guesses <= 20
    assert max(delays_s) <= 600


def test_one_address_cannot_keep_an_account_shut_for_strangers() -> None:
    assert max(limits.STRANGERS_DELAYS_S) <= max(limits.PAIR_DELAYS_S) / 2


def test_registrations_from_this_machine_are_not_counted() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert limits.registration_subject(host) is None
    for host in ("192.0.2.1", "10.0.0.1", "2001:db8::1", None, "not an address"):
        assert limits.registration_subject(host) == f"registration:{limits.address_subject(host)}"


def test_an_ipv6_network_is_one_address() -> None:
    assert limits.address_subject("2001:db8::1") == limits.address_subject("2001:db8::ffff:2%eth0")
    assert limits.address_subject("2001:db8::1") != limits.address_subject("2001:db8:0:1::1")
    assert limits.address_subject("::ffff:192.0.2.1") == limits.address_subject("192.0.2.1")
    assert limits.address_subject(None) == limits.address_subject("not an address")


@pytest.mark.parametrize(
    ("used_s_ago", "idle_days", "age_days", "verdict"),
    [
        (None, 0, 0, Verdict.ROTATE),
        (None, 6, 6, Verdict.ROTATE),
        (None, 7, 7, Verdict.ENDED),
        (None, 1, 30, Verdict.ENDED),
        (9, 0, 0, Verdict.REPEAT),
        (10, 0, 0, Verdict.REUSED),
    ],
)
def test_what_presenting_a_refresh_token_means(
    used_s_ago: int | None, idle_days: int, age_days: int, verdict: Verdict
) -> None:
    presented = Presented(
        used_at=None if used_s_ago is None else NOW - timedelta(seconds=used_s_ago),
        revoked_at=None,
        expires_at=NOW + timedelta(days=30 - age_days),
        last_used_at=NOW - timedelta(days=idle_days),
    )
    assert refresh_verdict(presented, NOW) is verdict
