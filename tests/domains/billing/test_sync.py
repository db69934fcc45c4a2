"""The catalogue as a file: what it says is so afterwards; a second time changes nothing, nor does an error."""

import asyncio
import contextlib
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.embedded import Services
from app.infra import plain_dsn
from domains.billing import api as billing
from domains.billing.errors import CatalogueInvalid
from domains.billing.policy.sheet import read
from domains.billing.service import sync
from domains.billing.service.sync import SyncReport
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

EXAMPLE = Path(__file__).parents[3] / "deploy/examples/billing.yaml"

SHEET: dict[str, Any] = {
    "seller": {"name": "School", "country": "DE", "reverse_charge": ["AT"]},
    "taxes": {"DE": {"name": "MwSt", "percent": 19}, "FI": {"name": "ALV", "percent": 25.5}},
    "products": [
        {
            "slug": "plan",
            "kind": "plan",
            "name": "All",
            "keys": ["courses:*", "offline"],
            "trial_days": 7,
            "prices": [
                {
                    "currency": "EUR",
                    "amount_minor": 999,
                    "interval": "month",
                    "countries": {"PL": 799},
                    "purchasing_power": {"IN": 0.35, "BR": 0.4},
                    "round_to_minor": 50,
                },
                {"currency": "EUR", "amount_minor": 9900, "interval": "year"},
            ],
        },
        {
            "slug": "seats",
            "kind": "seats",
            "name": "Class",
            "keys": [f"course:{new_id()}"],
            "duration_days": 365,
            "prices": [{"currency": "EUR", "amount_minor": 1500, "tax_inclusive": False}],
        },
    ],
    "coupons": [
        {"code": "save", "percent": 12.5, "products": ["plan"], "ends_at": "2030-01-01T00:00:00Z"},
        {"code": "FIVE", "amount_minor": 500, "currency": "EUR", "duration": "forever"},
    ],
}


def changed(change: Callable[[Any], Any]) -> dict[str, Any]:
    document = copy.deepcopy(SHEET)
    change(document)
    return document


async def run(db: Database, document: Any, **options: bool) -> SyncReport:
    return await sync.run(db, read(document), **options)


def told(report: SyncReport) -> list[str]:
    return [
        f"{change.action} {change.what} {change.name} {'; '.join(change.details)}".strip() for change in report.changes
    ]


async def everything(db: Database) -> dict[str, list[str]]:
    tables = ("product", "price", "coupon", "gate", "seller", "tax_rate")
    return {
        table: sorted(str(dict(row)) for row in await db.fetch(f"SELECT * FROM billing_{table}")) for table in tables
    }


async def test_a_first_run_makes_it_all_and_a_second_nothing(db: Database) -> None:
    first = await run(db, SHEET)
    assert told(first) == [
        'created seller School name: none -> "School"; country: none -> "DE"; reverse_charge: none -> ["AT"]',
        "created tax DE MwSt 19 %",
        "created tax FI ALV 25.5 %",
        "created product plan plan: courses:*, offline",
        "created price plan EUR month EUR 9.99",
        "created price plan EUR PL month EUR 7.99",
        "created price plan EUR IN month EUR 3.50",
        "created price plan EUR BR month EUR 4.00",
        "created price plan EUR year EUR 99.00",
        f"created product seats seats: {SHEET['products'][1]['keys'][0]}",
        "created price seats EUR EUR 15.00 plus tax",
        "created coupon SAVE",
        "created coupon FIVE",
    ]
    assert [row["key"] for row in await db.fetch("SELECT key FROM billing_gate")] == SHEET["products"][1]["keys"]
    before = await everything(db)
    assert told(await run(db, SHEET)) == []
    assert await everything(db) == before


async def test_the_sellers_state_is_told_by_its_gstin(db: Database) -> None:
    await run(db, {"seller": {"name": "School", "country": "IN", "tax_id": "27aapfu0939f1zv"}})
    content = json.loads((await db.fetch("SELECT content FROM billing_seller"))[0]["content"])
    assert (content["tax_id"], content["region"]) == ("27AAPFU0939F1ZV", "27")


async def test_what_differs_is_told_and_made_so(db: Database) -> None:
    await run(db, SHEET)

    def change(document: Any) -> None:
        document["seller"]["country"] = "AT"
        document["taxes"]["FI"]["percent"] = 24
        plan = document["products"][0]
        plan["name"] = "Everything"
        plan["prices"][0]["amount_minor"] = 1099
        plan["prices"].pop(1)
        document["products"][1]["active"] = False
        document["coupons"][0]["products"] = None

    document = changed(change)
    assert told(await run(db, document)) == [
        'changed seller School country: "DE" -> "AT"',
        "changed tax FI ALV 25.5 % -> ALV 24 %",
        'changed product plan name: "All" -> "Everything"',
        "changed price plan EUR month EUR 9.99 -> EUR 10.99",
        "changed price plan EUR IN month EUR 3.50 -> EUR 4.00",
        "changed price plan EUR BR month EUR 4.00 -> EUR 4.50",
        "switched_off price plan EUR year EUR 99.00",
        "switched_off product seats active: true -> false",
        'changed coupon SAVE product_ids: ["plan"] -> none',
    ]
    assert told(await run(db, document)) == []
    kept = await db.fetch("SELECT amount_minor FROM billing_price WHERE NOT active ORDER BY amount_minor")
    assert [row["amount_minor"] for row in kept] == [350, 400, 999, 9900]


async def test_a_dry_run_tells_the_same_and_changes_nothing(db: Database) -> None:
    empty = await everything(db)
    dry = await run(db, SHEET, dry_run=True)
    assert dry.dry_run
    assert await everything(db) == empty
    assert told(await run(db, SHEET)) == told(dry)


async def test_what_the_file_does_not_have_stays_unless_it_is_pruned(db: Database) -> None:
    await run(db, SHEET)
    smaller = {"products": SHEET["products"][:1], "coupons": [], "taxes": {"DE": SHEET["taxes"]["DE"]}}
    assert told(await run(db, smaller)) == []
    assert told(await run(db, {}, prune=True)) == []
    assert told(await run(db, smaller, prune=True)) == [
        "removed tax FI",
        "switched_off product seats",
        "switched_off coupon FIVE",
        "switched_off coupon SAVE",
    ]
    assert told(await run(db, smaller, prune=True)) == []
    assert told(await run(db, SHEET)) == [
        "created tax FI ALV 25.5 %",
        "changed product seats active: false -> true",
        "changed coupon SAVE active: false -> true",
        "changed coupon FIVE active: false -> true",
    ]


async def test_two_files_at_once_are_one_after_the_other(db: Database) -> None:
    reports = await asyncio.gather(*(run(db, SHEET) for _ in range(4)))
    assert sorted(len(report.changes) for report in reports) == [0, 0, 0, 13]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda d: d.update(produkts=[]), "$: Object contains unknown field `produkts`"),
        (lambda d: d["products"][0].update(colour="red"), "$.products[0]: Object contains unknown field `colour`"),
        (lambda d: d["products"][0].pop("name"), "$.products[0]: Object missing required field `name`"),
        (lambda d: d["products"][0].update(trial_days="7"), "$.products[0].trial_days: Expected `int`, got `str`"),
        (lambda d: d["products"][0]["prices"][1].update(amount_minor=9.5), "$.products[0].prices[1].amount_minor: Exp"),
        (
            lambda d: d["products"][0]["prices"][1].update(currency="EUE"),
            "$.products[0].prices[1].currency: currency is",
        ),
        (
            lambda d: d["products"][0]["prices"][1].pop("interval"),
            "$.products[0].prices[1].interval: interval is month or year for",
        ),
        (lambda d: d["products"][1].update(trial_days=3), "$.products[1].trial_days: only a plan"),
        (lambda d: d["products"][1].update(keys=["course:spanish"]), "$.products[1].keys: keys is not a key"),
        (lambda d: d["products"][1].update(slug="plan"), "$.products: two products with the slug `plan`"),
        (
            lambda d: d["products"][0]["prices"].append(d["products"][0]["prices"][1]),
            "$.products[0].prices: two prices",
        ),
        (
            lambda d: d["products"][0]["prices"][0]["countries"].update(XX=1),
            "$.products[0].prices[0].countries.XX.country",
        ),
        (
            lambda d: d["products"][0]["prices"][0]["purchasing_power"].update(FR=0.12345),
            "$.products[0].prices[0].purchasing_power.FR: has at most",
        ),
        (lambda d: d["products"][0]["prices"][0].update(country="DE"), "$.products[0].prices[0]: a price for one"),
        (lambda d: d["products"][0]["prices"][0].update(round_to_minor=0), "$.products[0].prices[0].round_to_minor"),
        (lambda d: d["taxes"].update(XX={"name": "x", "percent": 1}), "$.taxes.XX: is not an ISO 3166 country"),
        (lambda d: d["taxes"]["DE"].update(percent=101), "$.taxes.DE.percent: is 0 to 100 %"),
        (lambda d: d["seller"].update(fiscal_start=13), "$.seller.fiscal_start: is a month"),
        (lambda d: d["seller"].update(country="Germany"), "$.seller.country: country is not an ISO"),
        (lambda d: d["seller"].update(tax_id="DE12"), "$.seller.tax_id: tax_id is no VAT number of DE"),
        (lambda d: d["seller"].update(time_zone="Berlin"), "$.seller: 'Berlin' is no IANA time zone"),
        (lambda d: d["seller"].update(country=""), "$.seller.country: is needed for `reverse_charge`"),
        (lambda d: d["seller"].update(reverse_charge=["Austria"]), "$.seller.reverse_charge[0]: is not"),
        (lambda d: d["coupons"][0].update(percent=12.345), "$.coupons[0].percent: has at most"),
        (lambda d: d["coupons"][0].update(percent=0), "$.coupons[0].percent_bp: percent_bp is 1"),
        (lambda d: d["coupons"][0].update(amount_minor=5), "$.coupons[0].percent_bp: a coupon is worth"),
        (lambda d: d["coupons"][1].update(code="SAVE"), "$.coupons: two coupons with the code `SAVE`"),
        (lambda d: d["coupons"][0].update(products=["nothing"]), "$.coupons[0].products: no product has the slug"),
        (
            lambda d: d["coupons"][0].update(ends_at="2030-01-01T00:00:00"),
            "$.coupons[0].ends_at: ends_at has a time zone",
        ),
    ],
)
async def test_an_error_names_its_place_and_nothing_has_changed(
    db: Database, change: Callable[[Any], Any], line: str
) -> None:
    empty = await everything(db)
    with pytest.raises(CatalogueInvalid) as refused:
        await run(db, changed(change))
    assert refused.value.detail.startswith(line), refused.value.detail
    assert await everything(db) == empty


async def test_what_was_promised_cannot_be_changed_by_file_either(db: Database) -> None:
    await run(db, SHEET)
    before = await everything(db)
    for change, line in (
        (lambda d: d["coupons"][0].update(percent=50), "$.coupons[0]: percent_bp of a coupon stays"),
        (
            lambda d: (d["seller"].update(name="Other"), d["products"][1].update(kind="gift")),
            "$.products[1]: slug and kind of a product stay",
        ),
    ):
        with pytest.raises(CatalogueInvalid) as refused:
            await run(db, changed(change))
        assert refused.value.detail.startswith(line)
        assert await everything(db) == before


def test_all_errors_are_told_at_once() -> None:
    def change(document: Any) -> None:
        document["taxes"]["DE"]["percent"] = -1
        document["products"][0]["slug"] = "A plan"
        document["coupons"][1]["currency"] = None

    with pytest.raises(CatalogueInvalid) as refused:
        read(changed(change))
    assert [line.partition(": ")[0] for line in refused.value.detail.splitlines()] == [
        "$.taxes.DE.percent",
        "$.products[0].slug",
        "$.coupons[1].currency",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["seller", "taxes", "products", "coupons", "slug", "prices"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_document_breaks_the_reader(document: object) -> None:
    with contextlib.suppress(CatalogueInvalid):
        read(document)


# ---- the command


@pytest.fixture(scope="module")
def environment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    name = f"sync_{uuid4().hex[:12]}"

    async def create() -> None:
        connection = await asyncpg.connect(plain_dsn(services.database_url))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    found = {
        "LYCEUM_DATABASE_URL": services.database_url.replace("/lyceum?", f"/{name}?"),
        "LYCEUM_REDIS_URL": services.redis_url,
        "LYCEUM_DATA_DIR": str(tmp_path_factory.mktemp("sync")),
        "LYCEUM_LOG_LEVEL": "warning",
    }
    assert CliRunner().invoke(main, ["migrate"], env=found).exit_code == 0
    return found


Lyceum = Callable[..., Result]


@pytest.fixture
def lyceum(environment: dict[str, str]) -> Lyceum:
    return lambda *arguments: CliRunner().invoke(main, list(map(str, arguments)), env=environment)


def test_the_example_sells_the_demo_course(lyceum: Lyceum) -> None:
    assert lyceum("billing", "products").stdout.startswith("nothing is sold")
    refused = lyceum("billing", "sync", EXAMPLE)
    assert refused.exit_code == 1
    assert f"{EXAMPLE}: $.products[0]: no published course has the slug `spanish-first-steps`" in refused.stderr
    demo = EXAMPLE.parents[2] / "src/domains/catalog/demo/spanish.yaml"
    course_id = json.loads(lyceum("import", demo, "--json").stdout)["published"]["course_id"]

    dry = lyceum("billing", "sync", EXAMPLE, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "+ product all-courses  plan: courses:*, hearts:unlimited, offline" in dry.stdout
    assert "would be made; none was (--dry-run)" in dry.stdout
    assert json.loads(lyceum("billing", "products", "--json").stdout) == []
    done = lyceum("billing", "sync", EXAMPLE)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:-1] == dry.stdout.splitlines()[:-1]
    assert lyceum("billing", "sync", EXAMPLE).stdout == "nothing to change\n"
    assert json.loads(lyceum("billing", "sync", EXAMPLE, "--json").stdout) == {"dry_run": False, "changes": []}

    products = {product["slug"]: product for product in json.loads(lyceum("billing", "products", "--json").stdout)}
    assert products["spanish-first-steps"]["keys"] == [billing.course_key(course_id)]
    kinds = {product["kind"] for product in products.values()}
    assert kinds == {"course", "plan", "seats", "gift"}
    listed = lyceum("billing", "products").stdout
    assert "EUR 9.99 per month" in listed
    assert "EUR 19.50 in BR" in listed
    assert "EUR 15.00 plus tax" in listed


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("products: [", "catalogue.yaml:1: "),
        ("taxes: {DE: {name: a, percent: 1}}\ntaxes: {}\n", "catalogue.yaml:2: `taxes` is given twice"),
        ("taxes: {DE: 19}\n", "catalogue.yaml: $.taxes[...]: Expected `object`, got `int`"),
        ("- a\n", "catalogue.yaml: $: Expected `object`, got `array`"),
        (
            "products: [{slug: a, kind: course, name: A, courses: 7, prices: []}]\n",
            "catalogue.yaml: $.products[0].courses: is a list of slugs, or all",
        ),
        (
            "products: [{slug: a, kind: course, name: A, course: [], prices: []}]\n",
            "catalogue.yaml: $.products[0]: no published course has the slug `[]`",
        ),
    ],
)
def test_a_file_that_is_wrong_is_told_by_file_and_place(lyceum: Lyceum, tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)
    refused = lyceum("billing", "sync", file)
    assert refused.exit_code == 1, refused.output
    assert line in refused.stderr
    assert "Traceback" not in refused.output


def test_norway_is_a_country_and_a_missing_file_is_wrong_usage(lyceum: Lyceum, tmp_path: Path) -> None:
    file = tmp_path / "norway.yaml"
    file.write_text("taxes: {NO: {name: MVA, percent: 25}}\n")
    assert "+ tax NO  MVA 25 %" in lyceum("billing", "sync", file, "--dry-run").stdout
    assert lyceum("billing", "sync", tmp_path / "nowhere.yaml").exit_code == 2


def test_the_example_is_plain_yaml() -> None:
    assert set(yaml.safe_load(EXAMPLE.read_text())) == {"seller", "taxes", "products", "coupons"}
