"""The command line: what commands print, refuse and exit with, against real services."""

import asyncio
import importlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import click
import pytest
from click.testing import CliRunner, Result

from app.cli import COMMANDS, main
from app.commands.doctor import check_payments
from app.config import Settings
from app.embedded import Services
from app.infra import plain_dsn
from domains.catalog import api as catalog
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats import anki
from domains.catalog.formats.format import Options, ScheduledCard
from domains.catalog.formats.report import Report
from domains.catalog.kinds import Flashcard

Lyceum = Callable[..., Result]


@pytest.fixture(scope="module")
def environment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A database of our own, not yet migrated, as an operator's PostgreSQL would be."""
    name = f"cli_{uuid4().hex[:12]}"

    async def create() -> None:
        connection = await asyncpg.connect(plain_dsn(services.database_url))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    return {
        "LYCEUM_DATABASE_URL": services.database_url.replace("/lyceum?", f"/{name}?"),
        "LYCEUM_REDIS_URL": services.redis_url,
        "LYCEUM_DATA_DIR": str(tmp_path_factory.mktemp("cli")),
        "LYCEUM_LOG_LEVEL": "warning",
    }


@pytest.fixture
def lyceum(environment: dict[str, str]) -> Lyceum:
    def call(*arguments: str, stdin: str = "", **changed: str) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin, env=environment | changed)

    return call


@pytest.fixture
def migrated_database(lyceum: Lyceum) -> None:
    assert lyceum("migrate").exit_code == 0


def test_an_old_schema_is_refused_with_the_command_to_run(lyceum: Lyceum) -> None:
    refused = lyceum("jobs", "list")
    assert refused.exit_code == 1
    assert "run `lyceum migrate`" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert lyceum("migrate", "--check").exit_code == 1
    assert lyceum("doctor").exit_code == 1
    migrated = lyceum("migrate", "--json")
    assert migrated.exit_code == 0
    assert json.loads(migrated.stdout)["before"] is None
    assert lyceum("migrate", "--check").exit_code == 0
    assert lyceum("jobs", "list").exit_code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_exists_and_says_what_it_does(name: str) -> None:
    module, _, attribute = COMMANDS[name][0].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(200)


def test_help_is_quick_because_it_imports_no_command() -> None:
    code = "import sys, app.cli; sys.exit(any(name.startswith('app.commands') for name in sys.modules))"
    started = time.monotonic()
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert time.monotonic() - started < 5


def test_wrong_usage_is_2(lyceum: Lyceum) -> None:
    assert lyceum("nothing").exit_code == 2
    assert lyceum("create-user", "--email", "a@example.org").exit_code == 2
    assert lyceum("jobs", "replay").exit_code == 2
    assert lyceum("import", "/does/not/exist").exit_code == 2


def test_a_misspelt_setting_is_one_line_and_1(lyceum: Lyceum) -> None:
    refused = lyceum("jobs", "list", LYCEUM_DATABSE_URL="x")
    assert refused.exit_code == 1
    assert "did you mean LYCEUM_DATABASE_URL" in refused.stderr


@pytest.mark.usefixtures("migrated_database")
def test_a_course_goes_in_and_out_and_in_again_unchanged(lyceum: Lyceum, tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "src/domains/catalog/demo/spanish.yaml"
    first = json.loads(lyceum("import", str(demo), "--json").stdout)
    assert first["published"]["changed"]
    exported = lyceum("export", first["published"]["course_id"])
    assert exported.exit_code == 0
    (tmp_path / "again.yaml").write_text(exported.stdout)
    second = json.loads(lyceum("import", str(tmp_path / "again.yaml"), "--json").stdout)
    assert second["published"] == first["published"] | {"changed": False}


@pytest.mark.usefixtures("migrated_database")
def test_a_deck_of_anki_goes_in_and_out_with_what_one_learner_remembers(lyceum: Lyceum, tmp_path: Path) -> None:
    email, due = "deck@brought.org", datetime(2031, 5, 4, 4, tzinfo=UTC)
    assert lyceum("create-user", "--email", email, "--role", "learner").exit_code == 0
    card = Exercise("cat", Flashcard("el gato", "es", "en", ("the cat",)))
    unit = Unit("u", "U", (Lesson("l", "L", (card,), form="deck"),))
    course = Course("cats", "Cats", "en", "es", (Section("s", "S", (unit,)),))
    stands = (ScheduledCard("cat", due, interval_days=30, stability=31.5, difficulty=4.5, reviews=3),)
    deck = tmp_path / "deck.apkg"
    deck.write_bytes(anki.write_deck(course, Report(), {}, stands).body)
    brought = json.loads(lyceum("import", str(deck), "--for", email, "--json").stdout)
    assert brought["schedule"] == {"items": 1, "new": 1, "unknown": 0}
    deck.write_bytes(lyceum("export", "cats", "--format", "anki", "--for", email).stdout_bytes)
    loaded = anki.read(deck, Report(), Options())
    assert loaded is not None
    assert [(one.due, one.stability) for one in loaded.schedule] == [(due, 31.5)]
    assert lyceum("export", "cats", "--for", email).exit_code == 2
    assert lyceum("import", str(deck), "--for", "nobody@brought.org").exit_code == 1


@pytest.mark.usefixtures("migrated_database")
def test_a_course_is_looked_after_from_the_command_line(lyceum: Lyceum, tmp_path: Path) -> None:
    file = tmp_path / "sums.gift"
    said = ("--slug", "sums", "--title", "Sums", "--from", "en", "--learning", "en")
    file.write_text("::One:: What is 1 + 1? {=2 ~3}\n")
    tried = json.loads(lyceum("import", str(file), *said, "--dry-run", "--json").stdout)
    assert (tried["published"], tried["read"]) == (None, {"lessons": 1, "exercises": 1})
    assert lyceum("course", "show", "sums").exit_code == 1, "nothing was done"
    assert "it is the draft now" in lyceum("import", str(file), *said, "--draft").stdout
    assert "sums  Sums  (never published" in lyceum("course", "list").stdout
    assert "learners get revision 1" in lyceum("course", "publish", "sums", "--note", "First").stdout
    file.write_text("::One:: What is 1 + 1? {=2 ~4}\n")
    assert lyceum("import", str(file), *said, "--draft").exit_code == 0
    hole = tmp_path / "hole.yaml"
    image = f"image: {{media: 'sha256:{'0' * 64}'}}, title:"
    hole.write_text(lyceum("export", "sums").stdout.replace("title:", image, 1))
    refused = lyceum("import", str(hole), "--replace")
    assert (refused.exit_code, "is not there, or not public" in refused.output) == (1, True), refused.output
    assert "~ exercise `What is 1 + 1?`" in lyceum("course", "diff", "sums").stdout
    [change] = json.loads(lyceum("course", "diff", "sums", "--json").stdout)
    assert change["what"] == "changed"
    refused = lyceum("import", str(file), *said)
    assert (refused.exit_code, "Authors have changed the draft" in refused.stderr) == (1, True)
    assert json.loads(lyceum("import", str(file), *said, "--replace", "--json").stdout)["published"]["number"] == 2
    assert lyceum("course", "diff", "sums").stdout == "no difference\n"
    back = json.loads(lyceum("course", "rollback", "sums", "1", "--reset-draft", "--json").stdout)
    assert (back["number"], back["changed"]) == (1, True)
    assert lyceum("course", "rollback", "sums", "7").exit_code == 1
    assert "takes no new learners" in lyceum("course", "retire", "sums").stdout
    shown = json.loads(lyceum("course", "show", "sums", "--json").stdout)
    assert [each["action"] for each in shown["log"]] == ["retired", "rolled_back", "published", "published"]
    assert [each["current"] for each in shown["revisions"]] == [False, True]
    assert lyceum("course", "retire", "sums", "--undo").exit_code == 0
    written = tmp_path / "out.yaml"
    assert lyceum("export", "sums", "--output", str(written)).stdout == ""
    assert "slug: sums" in written.read_text()
    assert lyceum("export", "sums", "--format", "word").exit_code == 2
    assert all(name in lyceum("import", "--help").stdout for name in catalog.FORMATS)


@pytest.mark.usefixtures("migrated_database")
def test_a_broken_course_is_reported_by_line_and_refused(lyceum: Lyceum, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("title: [unclosed\n")
    refused = lyceum("import", str(tmp_path / "broken.yaml"))
    assert refused.exit_code == 1
    assert "broken.yaml:" in refused.stdout
    assert lyceum("export", "no-such-course").exit_code == 1


@pytest.mark.usefixtures("migrated_database")
def test_a_user_gets_the_piped_password_or_one_that_is_shown_once(lyceum: Lyceum) -> None:
    piped = lyceum("create-user", "--email", "t@example.org", "--role", "teacher", stdin="correct horse battery\n")
    assert piped.exit_code == 0, piped.output
    assert "password" not in piped.stdout
    made_up = lyceum("create-user", "--email", "a@example.org", "--role", "admin", "--json")
    assert len(json.loads(made_up.stdout)["password"]) >= 16
    again = lyceum("create-user", "--email", "a@example.org", "--role", "admin")
    assert again.exit_code == 1
    assert len(again.stderr.strip().splitlines()) == 1
    assert lyceum("create-user", "--email", "s@example.org", "--role", "support").exit_code == 0, "who refunds"


@pytest.mark.usefixtures("migrated_database")
def test_jobs_are_listed_and_an_unknown_one_cannot_be_replayed(lyceum: Lyceum) -> None:
    assert json.loads(lyceum("jobs", "list", "--json").stdout) == []
    assert lyceum("jobs", "replay", str(uuid4())).exit_code == 1
    assert lyceum("jobs", "replay", "--all").exit_code == 0


@pytest.mark.usefixtures("migrated_database")
def test_a_flag_is_set_listed_and_removed(lyceum: Lyceum) -> None:
    assert lyceum("flags", "set", "new_board", "--percentage", "10", "--person", "no@example.org").exit_code == 1
    made = lyceum("flags", "set", "new_board", "--percentage", "10", "--note", "Boards anew")
    assert made.stdout == "new_board  10 % in development, production, and 0 people  Boards anew\n"
    [flag] = json.loads(lyceum("flags", "list", "--json").stdout)
    assert (flag["name"], flag["percentage"], flag["changed_by"]) == ("new_board", 10, None)
    assert lyceum("flags", "remove", "new_board").exit_code == 0
    assert lyceum("flags", "remove", "new_board").exit_code == 1


@pytest.mark.usefixtures("migrated_database")
def test_boards_are_rebuilt_and_checked(lyceum: Lyceum) -> None:
    assert lyceum("rebuild", "boards").exit_code == 0
    assert json.loads(lyceum("rebuild", "boards", "--check", "--json").stdout) == {"differences": []}
    assert json.loads(lyceum("leagues", "finalize", "--dry-run", "--json").stdout) == {"dry_run": True, "weeks": []}
    assert "every week that is over" in lyceum("leagues", "finalize").stdout
    assert json.loads(lyceum("rebuild", "search", "--check", "--json").stdout) == {"check": True, "courses": []}
    assert "agree" in lyceum("rebuild", "search").stdout
    rebuilt = lyceum("rebuild", "schedule", "--dry-run", "--json", "--user", str(uuid4()))
    assert json.loads(rebuilt.stdout).items() >= {"dry_run": True, "learners": 0, "wrong": 0}.items()
    assert "nobody with the address" in lyceum("rebuild", "schedule", "--user", "nobody@example.org").stderr
    counted = lyceum("rebuild", "progress", "--check", "--json", "--user", str(uuid4()))
    assert json.loads(counted.stdout).items() >= {"check": True, "learners": 1, "differing": 0}.items()


@pytest.mark.usefixtures("migrated_database")
def test_the_doctor_names_sources_hides_secrets_and_says_how_to_mend(lyceum: Lyceum) -> None:
    report = lyceum("doctor", "--json")
    assert report.exit_code == 0, report.output
    document = json.loads(report.stdout)
    shown = {setting["name"]: setting for setting in document["settings"]}
    assert shown["LYCEUM_DATABASE_URL"] == {"name": "LYCEUM_DATABASE_URL", "value": "set", "source": "environment"}
    assert shown["LYCEUM_ENVIRONMENT"]["source"] == "default"
    states = {finding["subject"]: finding["state"] for finding in document["findings"]}
    assert states == {
        "settings": "good",
        "disk": "good",
        "proxy": "good",
        "passkeys": "good",
        "database": "good",
        "clock": "good",
        "Redis": "good",
        "rewards": "good",
        "files": "good",
        "payments": "good",
        "mail": "warning",
    }
    assert all(finding["mend"] for finding in document["findings"] if finding["state"] != "good")
    broken = lyceum("doctor", LYCEUM_REDIS_URL="redis://127.0.0.1:1", LYCEUM_SMTP_URL="smtp://127.0.0.1:1")
    assert broken.exit_code == 1
    assert "BAD  Redis" in broken.stdout
    assert "BAD  mail" in broken.stdout
    assert "ok   database" in broken.stdout


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"payments": "good"}),
        ({"ENVIRONMENT": "production"}, {"payments": "warning"}),
        ({"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1"}, {"Stripe": "good"}),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, {"Stripe": "bad"}),
        ({"STRIPE_WEBHOOK_SECRETS": "whsec_1"}, {"Stripe": "bad"}),
        ({"STRIPE_SECRET_KEY": "pk_live_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1"}, {"Stripe": "bad"}),
        (
            {
                "ENVIRONMENT": "production",
                "STRIPE_SECRET_KEY": "rk_test_1",
                "STRIPE_WEBHOOK_SECRETS": "whsec_1,whsec_2",
                "RAZORPAY_KEY_ID": "rzp_live_1",
                "RAZORPAY_KEY_SECRET": "secret",
                "RAZORPAY_WEBHOOK_SECRETS": "secret",
                "PUBLIC_URL": "https://learn.example.org",
            },
            {"Stripe": "warning", "Razorpay": "good"},
        ),
        (
            {"ENVIRONMENT": "production", "STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1"},
            {"Stripe": "good", "payments": "bad"},
        ),
    ],
)
def test_the_doctor_tells_whether_money_can_be_taken_and_noticed(
    settings: dict[str, str], expected: dict[str, str]
) -> None:
    env = {f"LYCEUM_{name}": value for name, value in settings.items()}
    findings = check_payments(Settings.load(env), env)
    assert {finding.subject: finding.state for finding in findings} == expected
    assert all(finding.mend for finding in findings if finding.state != "good")


def test_the_doctor_creates_no_database_to_look_at(lyceum: Lyceum, tmp_path: Path) -> None:
    report = lyceum("doctor", "--data-dir", str(tmp_path / "new"), LYCEUM_DATABASE_URL="", LYCEUM_REDIS_URL="")
    assert report.exit_code == 0
    assert not (tmp_path / "new").exists()


def test_services_that_are_away_are_one_line(lyceum: Lyceum) -> None:
    refused = lyceum("jobs", "list", LYCEUM_DATABASE_URL="postgresql://a:b@127.0.0.1:1/x")
    assert refused.exit_code == 1
    assert "the database does not answer" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_documents_are_printed_without_any_service(lyceum: Lyceum, name: str) -> None:
    printed = lyceum(name, LYCEUM_DATABASE_URL="", LYCEUM_REDIS_URL="")
    assert printed.exit_code == 0
    assert json.loads(printed.stdout)["info"]["title"]


@pytest.mark.usefixtures("migrated_database")
def test_a_worker_stops_on_sigterm(environment: dict[str, str]) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert worker.stderr is not None
    try:
        assert any("works on background jobs" in line for line in worker.stderr)
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=10)
    finally:
        worker.kill()
        worker.communicate()
    assert worker.returncode == 0


@pytest.mark.usefixtures("migrated_database")
def test_what_somebody_was_told_is_traced_by_their_address(lyceum: Lyceum, environment: dict[str, str]) -> None:
    created = lyceum("create-user", "--email", "told@example.org", "--role", "learner", stdin="correct horse\n")
    assert created.exit_code == 0, created.output

    async def tell() -> None:
        connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
        await connection.execute("""
            INSERT INTO notifications_delivery (id, user_id, kind, channel, dedupe_key, params, url, state, reason,
                                                due_at, expires_at, attempts)
            SELECT gen_random_uuid(), id, 'course_purchased', 'email', 'order:1', '{}', '/', 'waiting',
                '451 not now', '2030-01-02T03:04:05Z', '2030-01-03T00:00:00Z', 2
            FROM identity_user WHERE email = 'told@example.org'
        """)
        await connection.close()

    assert lyceum("notify", "trace", "told@example.org").stdout.strip() == "nothing"
    asyncio.run(tell())
    shown = lyceum("notify", "trace", "TOLD@example.org").stdout
    for said in ("email", "waiting", "course_purchased", "cause order:1", "due 2030-01-02 03:04:05", "451 not now"):
        assert said in shown
    [line] = json.loads(lyceum("notify", "trace", "told@example.org", "--json").stdout)
    assert (line["state"], line["attempts"], line["message_id"].startswith("<")) == ("waiting", 2, True)
    [user_id] = ask(environment, "SELECT id FROM identity_user WHERE email = 'told@example.org'")
    assert lyceum("notify", "trace", str(user_id)).stdout == shown
    for unknown in ("nobody@example.org", str(uuid4())):
        nobody = lyceum("notify", "trace", unknown)
        assert (nobody.exit_code, len(nobody.stderr.strip().splitlines())) == (1, 1)
    assert lyceum("notify", "trace", "told").exit_code == 2


@pytest.mark.usefixtures("migrated_database")
def test_xp_is_corrected_for_a_reason_and_only_of_somebody_who_has_some(lyceum: Lyceum) -> None:
    def correct(user: str, amount: str, reason: str) -> Result:
        return lyceum("xp", "correct", "--user", user, "--amount", amount, "--reason", reason, "--json")

    nobody = correct(str(uuid4()), "-5", "farmed")
    assert (nobody.exit_code, nobody.stderr) == (1, "Error: Nobody with XP has this id\n")
    assert [correct("told", "5", "owed").exit_code, correct(str(uuid4()), "0", "none").exit_code] == [2, 2]
    assert correct(str(uuid4()), "5", " ").exit_code == 2


@pytest.mark.usefixtures("migrated_database")
def test_a_test_mail_goes_where_all_mails_go(lyceum: Lyceum, environment: dict[str, str]) -> None:
    sent = lyceum("mail", "send-test", "--to", "ada+lists@example.org", "--kind", "weekly_recap", "--locale", "de")
    assert (sent.exit_code, sent.stdout) == (0, "taken: kept here\n")
    [message] = ask(
        environment, "SELECT message FROM notifications_local_mail WHERE to_address = 'ada+lists@example.org'"
    )
    found = message_from_bytes(message, policy=policy.default)
    assert found["subject"] == "[Test] Deine Woche: 18 Lektionen, 1.340 XP"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.usefixtures("migrated_database")
def test_a_test_mail_that_does_not_leave_says_why_in_one_line(lyceum: Lyceum) -> None:
    nowhere = lyceum("mail", "send-test", "--to", "nowhere")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"smtp://127.0.0.1:{taken.getsockname()[1]}?starttls=off"
    away = lyceum(
        "mail", "send-test", "--to", "ada@example.org", LYCEUM_SMTP_URL=url, LYCEUM_MAIL_FROM="hello@lyceum.test"
    )
    for refused in (nowhere, away):
        assert (refused.exit_code, len(refused.stderr.strip().splitlines())) == (1, 1), refused.output
        assert refused.stdout == ""
    assert lyceum("mail", "send-test", "--to", "ada@example.org", "--kind", "nonsense").exit_code == 2


@pytest.mark.usefixtures("migrated_database")
def test_a_bounce_from_the_shell_gives_up_the_address_that_we_wrote_to(
    lyceum: Lyceum, environment: dict[str, str]
) -> None:
    created = lyceum("create-user", "--email", "moved@example.org", "--role", "learner", stdin="correct horse\n")
    assert created.exit_code == 0, created.output
    delivery_id = uuid4()
    ask(
        environment,
        """
        INSERT INTO notifications_delivery (id, user_id, kind, channel, dedupe_key, params, url, state, due_at,
                                            expires_at, attempts)
        SELECT $1, id, 'welcome', 'email', 'welcome', '{}', '/', 'sent', now(), now(), 1
        FROM identity_user WHERE email = 'moved@example.org'
        """,
        delivery_id,
    )
    for nothing in (
        "",
        "hello",
        bounce("moved@example.org", uuid4()),
        bounce("moved@example.org", delivery_id, "4.2.2"),
    ):
        assert lyceum("mail", "bounce", stdin=nothing).stdout == "nothing follows from it\n"
    taken = lyceum("mail", "bounce", stdin=bounce("moved@example.org", delivery_id))
    assert (taken.exit_code, taken.stdout) == (0, "moved@example.org gets no more mails\n")
    again = lyceum("mail", "bounce", stdin=bounce("moved@example.org", delivery_id))
    assert (again.exit_code, again.stdout) == (0, "nothing follows from it\n")
    assert ask(environment, "SELECT address FROM notifications_suppression") == ["moved@example.org"]


def bounce(address: str, delivery_id: UUID, status: str = "5.1.1") -> str:
    return f"""\
From: MAILER-DAEMON@mx.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: <{delivery_id.hex}@127.0.0.1>

--b--
"""


def ask(environment: dict[str, str], query: str, *arguments: object) -> list[Any]:
    """The first column."""

    async def fetched() -> list[Any]:
        connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
        try:
            return [row[0] for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    return asyncio.run(fetched())


@pytest.mark.usefixtures("migrated_database")
def test_access_is_granted_with_a_reason_and_listed(lyceum: Lyceum) -> None:
    created = lyceum("create-user", "--email", "granted@example.org", "--role", "learner", stdin="correct horse\n")
    assert created.exit_code == 0, created.output
    to, grant = ("--email", "granted@example.org"), ("billing", "grant", "--reason", "sorry")
    assert "no entitlements" in lyceum("billing", "entitlements", *to).stdout
    given = lyceum(*grant, *to, "--key", "courses:*", "--until", "2099-12-31")
    assert given.exit_code == 0, given.output
    assert "until 2100-01-01 00:00 UTC" in given.stdout
    [row] = json.loads(lyceum("billing", "entitlements", *to, "--json").stdout)
    assert (row["key"], row["source"], row["reason"], row["open"]) == ("courses:*", "grant", "sorry", True)
    assert "open" in lyceum("billing", "entitlements", *to).stdout
    for refused in (
        lyceum(*grant, "--email", "nobody@example.org", "--key", "offline"),
        lyceum(*grant, *to, "--key", "Offline"),
        lyceum(*grant, *to, "--key", "offline", "--until", "2020-01-01"),
        lyceum("billing", "entitlements", "--email", "nobody@example.org"),
    ):
        assert (refused.exit_code, len(refused.stderr.strip().splitlines())) == (1, 1), refused.output
    assert lyceum("billing", "grant", *to, "--key", "offline").exit_code == 2


@pytest.mark.usefixtures("migrated_database")
def test_people_are_imported_and_their_roles_changed(lyceum: Lyceum, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,roles\nada@brought.org,author\nnobody,king\n")
    refused = lyceum("users", "import", str(file))
    assert refused.exit_code == 1
    assert [line.partition(":")[0] for line in refused.stdout.splitlines()] == ["line 3", "line 3"]
    assert "nothing was imported: 2 errors" in refused.stderr
    file.write_text("email,roles\nada@brought.org,author\n")
    tried = lyceum("users", "import", str(file), "--dry-run")
    assert tried.stdout == "1 would be added, 0 known before\n"
    done = lyceum("users", "import", str(file), "--json")
    assert json.loads(done.stdout) == {"dry_run": False, "added": 1, "known": 0, "remarks": []}
    assert lyceum("users", "roles", "ada@brought.org").stdout == "ada@brought.org: author\n"
    changed = lyceum("users", "roles", "ada@brought.org", "+teacher", "-author", "--json")
    assert json.loads(changed.stdout) == {"email": "ada@brought.org", "roles": ["teacher"]}
    assert lyceum("users", "roles", "ada@brought.org", "+king").exit_code == 2
    assert lyceum("users", "roles", "ada@brought.org", "+author", "-author").exit_code == 2
    assert lyceum("users", "roles", "who@brought.org", "+author").exit_code == 1


@pytest.mark.usefixtures("migrated_database")
def test_people_are_forgotten_in_two_weeks_or_now(lyceum: Lyceum) -> None:
    made = json.loads(lyceum("create-user", "--email", "gone@brought.org", "--role", "learner", "--json").stdout)
    assert lyceum("users", "delete", "gone@brought.org").exit_code == 1, "nobody said yes"
    later = json.loads(lyceum("users", "delete", "gone@brought.org", "--yes", "--json").stdout)
    assert (later["id"], later["erased"]) == (made["id"], False)
    now = lyceum("users", "delete", made["id"], "--now", "--yes")
    assert now.stdout == f"user {made['id']} is erased\n"
    for who in ("gone@brought.org", made["id"], "00000000-0000-0000-0000-000000000000"):
        again = lyceum("users", "delete", who, "--now", "--yes")
        assert (again.exit_code, len(again.stderr.strip().splitlines())) == (1, 1), again.output


@pytest.mark.usefixtures("migrated_database")
def test_the_command_line_keeps_an_admin_too(lyceum: Lyceum) -> None:
    lyceum("create-user", "--email", "root@brought.org", "--role", "admin", stdin="a long enough secret 42\n")
    assert lyceum("users", "roles", "root@brought.org").stdout == "root@brought.org: admin\n"
    # Whom another test made.
    lyceum("users", "roles", "a@example.org", "-admin", "+learner")
    others = lyceum("users", "roles", "root@brought.org", "-admin", "+learner")
    assert (others.exit_code, others.stderr) == (1, "Error: This is the last admin\n")


@pytest.mark.usefixtures("migrated_database")
def test_signing_keys_are_replaced_and_the_old_one_stays_for_its_tokens(lyceum: Lyceum) -> None:
    first = json.loads(lyceum("keys", "rotate", "--json").stdout)["kid"]
    second = json.loads(lyceum("keys", "rotate", "--json").stdout)["kid"]
    listed = json.loads(lyceum("keys", "list", "--json").stdout)
    retired = {key["kid"]: key["retired_at"] for key in listed}
    assert retired[first] is not None
    assert retired[second] is None
    assert "PRIVATE" not in lyceum("keys", "list").stdout
