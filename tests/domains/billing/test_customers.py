"""Customer data: what may stand on documents, tax ids by the form of their country."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.policy.iso import COUNTRIES, CURRENCIES
from domains.billing.policy.tax_ids import checked_tax_id, gstin_check_digit
from domains.kernel.money import is_currency
from factories.people import Learner, register

GSTIN = "27AAPFU0939F1ZV"


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def put(person: Learner, **fields: object) -> httpx.Response:
    return await person.http.put("/api/v1/billing/customer", json={"name": "Ada Ltd"} | fields, headers=person.headers)


async def test_before_anything_is_told_documents_name_the_account(ada: Learner) -> None:
    found = (await ada.get("/billing/customer")).json()
    assert found["name"] == "Ada"
    assert "@" in found["email"]
    assert (found["country"], found["region"], found["address"], found["tax_id"]) == ("", "", "", "")


async def test_what_is_told_is_kept_whole_and_replaced_whole(ada: Learner) -> None:
    first = {
        "name": "Ada & Sons GmbH",
        "email": "books@example.org",
        "country": "DE",
        "region": "Bayern",
        "address": "Hauptstr. 1\r\n80331 München",
        "tax_id": "de 136 695 976",
    }
    answer = await put(ada, **first)
    assert answer.status_code == 200, answer.text
    kept = first | {"tax_id": "DE136695976", "address": "Hauptstr. 1\n80331 München"}
    assert answer.json() == kept
    assert (await ada.get("/billing/customer")).json() == kept
    assert (await put(ada, country="FR")).json()["tax_id"] == ""
    bob = await register(ada.http, "Bob")
    assert (await bob.get("/billing/customer")).json()["name"] == "Bob"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 201}),
        ("name", {"name": "Ada\nBcc: everybody"}),
        ("name", {"name": "nul\0"}),
        ("email", {"email": "nobody"}),
        ("email", {"email": "a@example.org\r\nBcc: b@example.org"}),
        ("country", {"country": "XX"}),
        ("country", {"country": "de"}),
        ("tax_id", {"tax_id": "DE136695976"}),
        ("tax_id", {"country": "DE", "tax_id": "DE12345"}),
        ("tax_id", {"country": "FR", "tax_id": "DE136695976"}),
        ("tax_id", {"country": "IN", "tax_id": "27AAPFU0939F1ZW"}),
        ("tax_id", {"country": "US", "tax_id": "12<34"}),
        ("region", {"country": "IN", "region": "Maharashtra"}),
        ("region", {"country": "IN", "region": "29", "tax_id": GSTIN}),
        ("address", {"address": "x" * 501}),
    ],
)
async def test_what_cannot_stand_on_a_document_is_refused_by_field(
    ada: Learner, field: str, fields: dict[str, str]
) -> None:
    answer = await put(ada, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "billing.bad_field"), answer.text
    assert answer.json()["field"] == field
    assert (await ada.get("/billing/customer")).json()["name"] == "Ada"


async def test_unknown_fields_and_strangers_are_refused(ada: Learner, client: httpx.AsyncClient) -> None:
    assert (await put(ada, vat="1")).status_code == 400
    assert (await client.get("/api/v1/billing/customer")).status_code == 401
    assert (await client.put("/api/v1/billing/customer", json={"name": "x"})).status_code == 401


async def test_a_gstin_tells_the_state_in_which_is_supplied(ada: Learner) -> None:
    found = (await put(ada, country="IN", tax_id=GSTIN.lower())).json()
    assert (found["tax_id"], found["region"]) == (GSTIN, "27")
    assert (await put(ada, country="IN", region="29")).json()["region"] == "29"


LETTERS = st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@given(st.integers(0, 13), LETTERS)
def test_a_gstin_with_one_character_mistyped_is_found_out(place: int, letter: str) -> None:
    mistyped = GSTIN[:place] + letter + GSTIN[place + 1 :]
    if mistyped == GSTIN:
        assert checked_tax_id("IN", mistyped) == GSTIN
        return
    assert gstin_check_digit(mistyped[:14]) != mistyped[14]
    with pytest.raises(ValueError, match="GSTIN"):
        checked_tax_id("IN", mistyped)


def test_known_gstins_have_their_check_digits() -> None:
    for known in (GSTIN, "29AAGCB7383J1Z4", "27AAACR5055K1Z7"):
        assert gstin_check_digit(known[:14]) == known[14]


@pytest.mark.parametrize(
    ("country", "given", "kept"),
    [
        ("AT", "ATU13585627", "ATU13585627"),
        ("BE", "BE 0428.759.497", "BE0428759497"),
        ("DE", "136695976", "DE136695976"),
        ("ES", "ESX1234567R", "ESX1234567R"),
        ("FR", "FR 40 303265045", "FR40303265045"),
        ("GR", "el094259216", "EL094259216"),
        ("IE", "IE6433435F", "IE6433435F"),
        ("IT", "00743110157", "IT00743110157"),
        ("NL", "NL004495445B01", "NL004495445B01"),
        ("PL", "PL8567346215", "PL8567346215"),
        ("SE", "SE123456789701", "SE123456789701"),
        ("US", "12-3456789", "123456789"),
        ("DE", "  ", ""),
    ],
)
def test_tax_ids_are_kept_without_spaces_and_with_their_country(country: str, given: str, kept: str) -> None:
    assert checked_tax_id(country, given) == kept


@given(st.sampled_from(sorted(COUNTRIES)), st.text(max_size=40))
def test_no_text_breaks_the_check_and_what_passes_passes_again(country: str, text: str) -> None:
    try:
        kept = checked_tax_id(country, text)
    except ValueError:
        return
    assert kept.isascii()
    assert checked_tax_id(country, kept) == kept


def test_the_lists_of_codes_are_whole() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert all(map(is_currency, CURRENCIES))
    assert {"EUR", "INR", "JPY", "KWD", "USD", "BRL"} <= CURRENCIES
