"""What things cost: sums that balance for every price, and which price and tax a person gets."""

from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.errors import NotOffered, PriceNotFound, ProductNotFound
from domains.billing.models import CustomerRow, PriceRow, ProductRow, SellerRow, TaxRateRow
from domains.billing.policy.pricing import NO_DISCOUNT, Discount, country_price, quote, step, tax_within
from domains.billing.service import pricing
from domains.billing.service.pricing import Offer
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.money import split
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import put_on_sale

CURRENCIES = st.sampled_from(["EUR", "INR", "JPY", "KWD", "MGA"])
RATES = st.integers(0, 3_000)
QUANTITIES = st.integers(1, 500)


@st.composite
def prices(draw: st.DrawFn) -> tuple[int, str]:
    currency = draw(CURRENCIES)
    return draw(st.integers(0, 10**7)) * step(currency), currency


@st.composite
def discounts(draw: st.DrawFn) -> Discount:
    percent = st.integers(0, 10_000).map(lambda bp: Discount(percent_bp=bp))
    amount = st.integers(0, 10**5).map(lambda hundreds: Discount(amount_minor=hundreds * 100))
    return draw(st.one_of(st.just(NO_DISCOUNT), percent, amount))


@given(prices(), QUANTITIES, discounts(), RATES, st.booleans())
def test_sums_balance_and_nothing_is_negative(
    price: tuple[int, str], quantity: int, discount: Discount, tax_bp: int, inclusive: bool
) -> None:
    amount, currency = price
    found = quote(amount, quantity, discount, tax_bp=tax_bp, tax_inclusive=inclusive, currency=currency)
    assert min(found) >= 0
    assert found.list_minor == amount * quantity
    assert found.discount_minor <= found.list_minor
    assert found.total_minor == found.net_minor + found.tax_minor
    left = found.list_minor - found.discount_minor
    assert left == (found.total_minor if inclusive else found.net_minor)
    assert not any(part % step(currency) for part in found)


@given(prices(), QUANTITIES, discounts(), RATES)
def test_the_tax_on_top_is_the_tax_that_the_total_then_includes(
    price: tuple[int, str], quantity: int, discount: Discount, tax_bp: int
) -> None:
    amount, currency = price
    on_top = quote(amount, quantity, discount, tax_bp=tax_bp, tax_inclusive=False, currency=currency)
    inside = quote(on_top.total_minor, 1, NO_DISCOUNT, tax_bp=tax_bp, tax_inclusive=True, currency=currency)
    assert inside.tax_minor == on_top.tax_minor == tax_within(on_top.total_minor, tax_bp, currency)
    assert inside.net_minor == on_top.net_minor


@given(prices(), QUANTITIES, RATES, st.booleans())
def test_all_of_it_off_costs_nothing(price: tuple[int, str], quantity: int, tax_bp: int, inclusive: bool) -> None:
    amount, currency = price
    for everything in (Discount(percent_bp=10_000), Discount(amount_minor=amount * quantity + 100)):
        found = quote(amount, quantity, everything, tax_bp=tax_bp, tax_inclusive=inclusive, currency=currency)
        assert found == (amount * quantity, amount * quantity, 0, 0)


@given(prices(), QUANTITIES, discounts(), RATES)
def test_a_larger_discount_never_costs_more(
    price: tuple[int, str], quantity: int, discount: Discount, tax_bp: int
) -> None:
    amount, currency = price
    more = (
        discount._replace(percent_bp=min(10_000, discount.percent_bp + 100))
        if discount.percent_bp is not None
        else Discount(amount_minor=(discount.amount_minor or 0) + 100)
    )
    totals = [
        quote(amount, quantity, off, tax_bp=tax_bp, tax_inclusive=False, currency=currency).total_minor
        for off in (discount, more)
    ]
    assert totals[1] <= totals[0]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any), st.data())
def test_a_discount_or_refund_spread_over_lines_adds_up_and_fits_each_line(
    lines: list[int], data: st.DataObject
) -> None:
    off = data.draw(st.integers(0, sum(lines)))
    parts = split(off, lines)
    assert sum(parts) == off
    assert all(0 <= part <= line for part, line in zip(parts, lines, strict=True))
    rest = [line - part for line, part in zip(lines, parts, strict=True)]
    assert sum(rest) == sum(lines) - off


@pytest.mark.parametrize(
    ("amount", "discount", "tax_bp", "inclusive", "currency", "expected"),
    [
        (1999, NO_DISCOUNT, 1900, True, "EUR", (1999, 0, 319, 1999)),
        (1999, NO_DISCOUNT, 1900, False, "EUR", (1999, 0, 380, 2379)),
        (49900, Discount(percent_bp=2500), 1800, True, "INR", (49900, 12475, 5709, 37425)),
        (1000, Discount(percent_bp=3333), 1000, False, "JPY", (1000, 333, 67, 734)),
        (4500, Discount(percent_bp=3333), 500, False, "KWD", (4500, 1500, 150, 3150)),
        (1990, Discount(percent_bp=500), 500, False, "KWD", (1990, 100, 90, 1980)),
        (100, Discount(amount_minor=500), 1900, True, "EUR", (100, 100, 0, 0)),
        (50, NO_DISCOUNT, 100, False, "EUR", (50, 0, 1, 51)),
    ],
)
def test_examples_that_can_be_checked_by_hand(
    amount: int, discount: Discount, tax_bp: int, inclusive: bool, currency: str, expected: tuple[int, ...]
) -> None:
    assert quote(amount, 1, discount, tax_bp=tax_bp, tax_inclusive=inclusive, currency=currency) == expected


def test_what_can_be_no_price_is_an_error_and_no_quote() -> None:
    fine = {"tax_bp": 0, "tax_inclusive": True, "currency": "EUR"}
    for amount, quantity, discount in (
        (-1, 1, NO_DISCOUNT),
        (1, 0, NO_DISCOUNT),
        (1, 1, Discount(percent_bp=10_001)),
        (1, 1, Discount(amount_minor=-1)),
        (1, 1, Discount(100, 100)),
    ):
        with pytest.raises(ValueError, match=r"."):
            quote(amount, quantity, discount, **fine)  # type: ignore[arg-type]


@given(st.integers(0, 10**9), st.integers(1, 20_000), st.sampled_from([1, 5, 9, 50, 100]), CURRENCIES)
def test_a_country_price_is_a_multiple_of_what_was_asked_and_never_nothing(
    amount: int, factor_bp: int, grain: int, currency: str
) -> None:
    found = country_price(amount, factor_bp, grain, currency)
    assert found % grain == 0
    assert found % step(currency) == 0
    assert (found == 0) == (amount == 0)


# ---- which price, which tax


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def offered(db: Database, user_id: UUID, product_id: UUID, **wish: object) -> Offer:
    wanted = {"currency": None, "country": None, "interval": None, "quantity": 1, "coupon_code": None} | wish
    async with db.begin() as uow:
        return await pricing.offer(uow, user_id=user_id, product_id=product_id, now=utc_now(), **wanted)  # type: ignore[arg-type]


async def add(db: Database, *rows: object) -> None:
    async with db.begin() as uow:
        uow.session.add_all(rows)


def price_in(product_id: UUID, currency: str, amount: int, **fields: object) -> PriceRow:
    return PriceRow(id=new_id(), product_id=product_id, currency=currency, amount_minor=amount, **fields)


async def test_the_countrys_price_wins_over_the_general_one_and_the_customers_country_is_known(
    db: Database, ada: Learner
) -> None:
    product_id = (await put_on_sale(db, "offline")).product_id
    await add(
        db,
        price_in(product_id, "USD", 2199),
        price_in(product_id, "INR", 49900, country="IN"),
        price_in(product_id, "EUR", 699, country="IN"),
        CustomerRow(user_id=ada.id, name="Ada", country="IN"),
    )
    assert (await offered(db, ada.id, product_id)).price.currency == "INR"
    assert (await offered(db, ada.id, product_id, currency="EUR")).price.amount_minor == 699
    assert (await offered(db, ada.id, product_id, currency="USD")).price.amount_minor == 2199


async def test_who_has_a_billing_address_is_at_home_nowhere_else(db: Database, ada: Learner) -> None:
    product_id = (await put_on_sale(db, "offline")).product_id
    await add(db, price_in(product_id, "INR", 49900, country="IN"))
    assert (await offered(db, ada.id, product_id, country="IN")).price.currency == "INR"
    with pytest.raises(PriceNotFound):
        await offered(db, ada.id, product_id, country="FR", currency="INR")
    await add(db, CustomerRow(user_id=ada.id, name="Ada", country="FR"))
    assert (await offered(db, ada.id, product_id, country="FR")).price.currency == "EUR"
    with pytest.raises(NotOffered, match="billing address is in FR"):
        await offered(db, ada.id, product_id, country="IN")


async def test_a_plan_with_two_intervals_has_to_be_told_which(db: Database, ada: Learner) -> None:
    product_id = (await put_on_sale(db, "courses:*", kind="plan", interval="month")).product_id
    assert (await offered(db, ada.id, product_id)).price.interval == "month"
    await add(db, price_in(product_id, "EUR", 9900, interval="year"))
    with pytest.raises(NotOffered, match="month or year"):
        await offered(db, ada.id, product_id)
    assert (await offered(db, ada.id, product_id, interval="year")).price.amount_minor == 9900
    with pytest.raises(PriceNotFound):
        await offered(db, ada.id, product_id, interval="year", currency="USD")


async def test_what_is_not_on_sale_is_not_found_and_too_many_are_not_offered(db: Database, ada: Learner) -> None:
    sale = await put_on_sale(db, "offline")
    for quantity in (0, 10_001):
        with pytest.raises(NotOffered):
            await offered(db, ada.id, sale.product_id, quantity=quantity)
    assert (await offered(db, ada.id, sale.product_id, quantity=3)).quote.total_minor == 3 * 1999
    with pytest.raises(ProductNotFound):
        await offered(db, ada.id, new_id())
    async with db.begin() as uow:
        (await uow.session.get_one(PriceRow, sale.price_id)).active = False
    with pytest.raises(PriceNotFound):
        await offered(db, ada.id, sale.product_id)
    async with db.begin() as uow:
        (await uow.session.get_one(ProductRow, sale.product_id)).active = False
    with pytest.raises(ProductNotFound):
        await offered(db, ada.id, sale.product_id)


@pytest.fixture
async def taxed(db: Database) -> UUID:
    """Sold from Germany, where 19 % is due, and 20 % in Austria."""
    await add(
        db,
        SellerRow(id=1, content={"name": "School", "country": "DE", "reverse_charge": ["AT", "DE", "FR"]}),
        TaxRateRow(country="DE", name="MwSt", rate_bp=1900),
        TaxRateRow(country="AT", name="USt", rate_bp=2000),
    )
    return (await put_on_sale(db, "offline", amount_minor=11900)).product_id


@pytest.mark.parametrize(
    ("country", "tax_id", "asked", "expected"),
    [
        ("", "", None, ("MwSt", 1900, 1900)),
        ("AT", "", None, ("USt", 2000, 1983)),
        ("US", "", None, ("", 0, 0)),
        ("AT", "ATU13585627", None, ("Reverse charge", 0, 0)),
        ("DE", "DE136695976", None, ("MwSt", 1900, 1900)),
        ("US", "123456789", None, ("", 0, 0)),
        # A number without a country of its own vouches for nothing.
        ("", "ATU13585627", "AT", ("USt", 2000, 1983)),
    ],
)
async def test_the_tax_is_that_of_the_customers_country(
    db: Database,
    ada: Learner,
    taxed: UUID,
    country: str,
    tax_id: str,
    asked: str | None,
    expected: tuple[str, int, int],
) -> None:
    await add(db, CustomerRow(user_id=ada.id, name="Ada", country=country, tax_id=tax_id))
    found = await offered(db, ada.id, taxed, country=asked)
    assert (found.tax_name, found.tax_bp, found.quote.tax_minor) == expected
    assert found.quote.total_minor == 11900


async def test_a_quote_over_rest_has_its_lines_and_asks_who_is_asking(
    client: httpx.AsyncClient, db: Database, ada: Learner, taxed: UUID
) -> None:
    assert (await client.post("/api/v1/payments/quote", json={"product_id": str(taxed)})).status_code == 401
    answer = await ada.post("/payments/quote", {"product_id": str(taxed), "quantity": 2})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["unit_minor"], found["list_minor"], found["net_minor"]) == (11900, 23800, 20000)
    assert (found["tax_name"], found["tax_bp"], found["tax_minor"], found["total_minor"]) == ("MwSt", 1900, 3800, 23800)
    assert found["tax_inclusive"]
    assert found["coupon"] is None


async def test_a_quote_for_a_course_finds_what_sells_it_with_the_least_besides(db: Database, ada: Learner) -> None:
    course_id = new_id()
    await put_on_sale(db, f"course:{course_id}", "offline", amount_minor=2999)
    await put_on_sale(db, f"course:{course_id}", kind="gift", amount_minor=1)
    alone = await put_on_sale(db, f"course:{course_id}")
    answer = await ada.post("/payments/quote", {"course_id": str(course_id)})
    assert answer.json()["product_id"] == str(alone.product_id)
    missing = await ada.post("/payments/quote", {"course_id": str(new_id())})
    assert (missing.status_code, missing.json()["code"]) == (404, "billing.product_not_found")
    both = {"course_id": str(course_id), "product_id": str(alone.product_id)}
    for wrong in ({}, both, {"price_minor": 1}, {"course_id": str(course_id), "country": "XX"}):
        assert (await ada.post("/payments/quote", wrong)).status_code == 400
