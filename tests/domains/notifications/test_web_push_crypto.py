"""What is encrypted here is read by an implementation that is not ours, and by the example of the RFC."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from domains.notifications.channels.web_push_crypto import (
    MOST_PAYLOAD_BYTES,
    BadKey,
    Vapid,
    checked,
    decoded,
    encoded,
    encrypt,
    new_secret,
    public_point,
)
from domains.notifications.policy.payload import (
    MOST_PAYLOAD_BYTES as MOST_BY_POLICY,
)
from domains.notifications.policy.payload import collapse_id, fitted_texts, shortened, topic_of, web_payload

NOW = datetime.now(UTC)
BROWSER = ec.generate_private_key(ec.SECP256R1())
AUTH = os.urandom(16)


def read(body: bytes, key: ec.EllipticCurvePrivateKey = BROWSER, auth: bytes = AUTH) -> bytes:
    found: bytes = http_ece.decrypt(body, private_key=key, auth_secret=auth, version="aes128gcm")
    return found


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291_appendix_a_comes_out_byte_by_byte() -> None:
    body = encrypt(
        decoded("V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"),
        p256dh=decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        auth=decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    receiver = private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    assert read(body, receiver, decoded("BTBZMqHH6r4Tts7J_aSIgg")) == b"When I grow up, I want to be a watermelon"


@given(st.binary(max_size=MOST_PAYLOAD_BYTES))
def test_what_we_encrypt_an_independent_implementation_reads(payload: bytes) -> None:
    assert read(encrypt(payload, p256dh=public_point(BROWSER), auth=AUTH)) == payload


def test_the_longest_payload_makes_one_record_and_a_longer_one_is_refused() -> None:
    point = public_point(BROWSER)
    assert MOST_PAYLOAD_BYTES == MOST_BY_POLICY == 3993
    assert len(encrypt(b"x" * MOST_PAYLOAD_BYTES, p256dh=point, auth=AUTH)) == 4096
    with pytest.raises(ValueError, match="does not fit"):
        encrypt(b"x" * (MOST_PAYLOAD_BYTES + 1), p256dh=point, auth=AUTH)


def test_two_messages_of_the_same_text_have_nothing_in_common() -> None:
    one, two = (encrypt(b"same", p256dh=public_point(BROWSER), auth=AUTH) for _ in range(2))
    assert one[:16] != two[:16]
    assert one[21:86] != two[21:86]
    assert one[86:] != two[86:]


def test_somebody_with_another_auth_secret_reads_nothing() -> None:
    body = encrypt(b"private", p256dh=public_point(BROWSER), auth=AUTH)
    with pytest.raises(http_ece.ECEException):
        read(body, auth=os.urandom(16))


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        (b"\x04" + b"\x01" * 64, AUTH),  # not on the curve
        (b"\x00" * 65, AUTH),
        (public_point(BROWSER)[:64], AUTH),
        (b"\x02" + public_point(BROWSER)[1:33], AUTH),  # compressed
        (public_point(BROWSER), AUTH[:15]),
        (b"", b""),
    ],
    # The keys are others in each process, and so would be the names of the tests.
    ids=["not on the curve", "zeros", "short", "compressed", "short auth", "empty"],
)
def test_keys_that_are_none_are_refused(p256dh: bytes, auth: bytes) -> None:
    with pytest.raises(BadKey):
        checked(p256dh, auth)


@pytest.mark.parametrize("text", ["a b", "ä", "*", "A", "AAAA=A"])
def test_what_is_no_base64url_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        decoded(text)


def test_a_vapid_token_is_verified_by_the_key_that_browsers_are_given() -> None:
    secret = new_secret()
    vapid = Vapid(secret, "mailto:post@lyceum.example")
    said = vapid.authorization("https://push.example.net", NOW)
    token, key = said.removeprefix("vapid t=").split(", k=")
    assert key == vapid.public_key == Vapid(secret, "").public_key
    point = base64.urlsafe_b64decode(key + "=")
    assert len(point) == 65
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(
        token, public, algorithms=["ES256"], audience="https://push.example.net", options={"require": ["exp"]}
    )
    assert claims["sub"] == "mailto:post@lyceum.example"
    assert timedelta(hours=1) < datetime.fromtimestamp(claims["exp"], UTC) - NOW <= timedelta(hours=24)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, ec.generate_private_key(ec.SECP256R1()).public_key(), ["ES256"], audience=claims["aud"])


def test_a_vapid_token_is_kept_per_origin_and_never_used_to_its_end() -> None:
    vapid = Vapid(new_secret(), "")
    first = vapid.authorization("https://a.example", NOW)
    assert vapid.authorization("https://a.example", NOW + timedelta(hours=5)) == first
    assert vapid.authorization("https://b.example", NOW) != first
    assert vapid.authorization("https://a.example", NOW + timedelta(hours=7)) != first
    again = vapid.authorization("https://b.example", NOW)
    vapid.forget("https://b.example")
    assert vapid.authorization("https://b.example", NOW + timedelta(seconds=2)) != again


def test_without_an_address_of_the_operator_the_token_has_none() -> None:
    token = Vapid(new_secret(), "").authorization("https://a.example", NOW)[len("vapid t=") :].split(",")[0]
    assert set(jwt.decode(token, options={"verify_signature": False})) == {"aud", "exp"}


@given(st.text(max_size=3000), st.text(max_size=200))
def test_a_payload_always_fits_whatever_is_said(body: str, title: str) -> None:
    payload = web_payload(title=title, body=body, url="/lessons/" + "x" * 500, tag="t" * 32, lang="hi")
    assert len(payload) <= MOST_PAYLOAD_BYTES
    found = json.loads(payload)
    assert found["url"] == "/lessons/" + "x" * 500
    said = found["body"]
    if body.isprintable() and len(body) <= 500:
        assert said == body


def test_of_a_long_body_as_much_is_kept_as_fits() -> None:
    url = "/" + "u" * 2000
    payload = web_payload(title="T", body="नमस्ते दुनिया " * 200, url=url, tag="t")
    assert MOST_PAYLOAD_BYTES - 60 < len(payload) <= MOST_PAYLOAD_BYTES
    assert json.loads(payload)["body"].endswith("…")
    with pytest.raises(ValueError, match="address"):
        web_payload(title="T", body="", url="/" + "u" * 4000, tag="t")


def test_a_text_is_cut_between_words_and_never_through_a_letter() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("The streak of a hundred days ends today", 25) == "The streak of a hundred…"
    assert shortened("e\u0301" * 10, 4) == "e\u0301…"
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert shortened("ab" + family + "cd", 5) == "ab…"
    assert shortened("abc", 0) == ""


@given(st.text(max_size=400), st.integers(0, 400))
def test_a_cut_text_is_never_longer_than_asked(text: str, most: int) -> None:
    assert len(shortened(text, most)) <= most


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_title_and_body_for_a_phone_fit_together(title: str, body: str) -> None:
    cut = fitted_texts(title, body, 3000)
    assert len("".join(cut).encode("utf-8", "replace")) <= 3000


def test_a_topic_is_32_characters_and_the_same_for_the_same_cause() -> None:
    assert topic_of("a cause") == topic_of("a cause") != topic_of("another")
    assert len(topic_of("x" * 500)) == 32
    assert set(topic_of("x")) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert topic_of("") == ""
    assert collapse_id("short") == "short"
    assert len(collapse_id("ü" * 60)) == 32
