"""Bringing people along from elsewhere: all of a file or nothing of it, as often as one likes."""

from pathlib import Path

import bcrypt
import httpx
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Crank
from domains.identity.errors import BadField
from domains.identity.service import imports
from domains.identity.service.imports import AT_ONCE, COLUMNS, Outcome, import_people
from domains.kernel.uow import Database
from factories.people import register

SECRET = "brought along 1867"
BCRYPT = bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode()
ARGON = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(SECRET)


async def brought(db: Database, path: Path, text: str | bytes, *, dry_run: bool = False) -> Outcome:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return await import_people(db, path, dry_run=dry_run, progress=lambda what, lines: None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


async def count(db: Database) -> int:
    [row] = await db.fetch("SELECT count(*) AS n FROM identity_user")
    return int(row["n"])


async def test_people_come_with_everything_and_log_in_with_their_old_passwords(
    client: httpx.AsyncClient, db: Database, file: Path, dear_hashing: None
) -> None:
    text = (
        ",".join(COLUMNS) + "\n"
        f'ada@example.org,"Lovelace, Ada",Ada_L,{BCRYPT},learner; teacher,pt-BR,Europe/Lisbon,yes\n'
        f'eve@example.org,,,"{ARGON}",,,,\n'
    )
    outcome = await brought(db, file, text)
    assert (outcome.added, outcome.known, outcome.remarks) == (2, 0, [])
    for email in ("Ada@example.org", "eve@example.org"):
        answer = await client.post("/api/v1/auth/login", json={"email": email, "password": SECRET})
        assert answer.status_code == 200, answer.text
        user = answer.json()["user"]
        if email.startswith("Ada"):
            assert (user["name"], user["username"], user["roles"]) == ("Lovelace, Ada", "ada_l", ["learner", "teacher"])
            assert (user["locale"], user["time_zone"], user["email_verified"]) == ("pt-BR", "Europe/Lisbon", True)
        else:
            assert (user["name"], user["username"], user["roles"]) == ("eve", None, ["learner"])
            assert (user["locale"], user["time_zone"], user["email_verified"]) == ("en", "UTC", False)
    hashes = await db.fetch("SELECT password_hash FROM identity_user")
    assert all(row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$") for row in hashes)


async def test_every_wrong_line_is_told_at_once_and_nothing_is_stored(
    client: httpx.AsyncClient, db: Database, file: Path
) -> None:
    await register(client, username="taken_name")
    before = await count(db)
    text = (
        "email,name,username,password_hash,roles,locale,time_zone\n"
        "good@example.org,Good,,,,,\n"
        "no address,Name,,,king,,Europe/Nowhere\n"
        '"two\nlines@example.org",Name,,,,,\n'
        "hash@example.org,Name,,5f4dcc3b5aa765d61d8327deb882cf99,,,\n"
        "short@example.org,Name\n"
        "GOOD@example.org,Again,,,,,\n"
        "other@example.org,Other,taken_name,,,,\n"
        "\n"
        "locale@example.org,Name,,,,english please,\n"
    )
    outcome = await brought(db, file, text)
    assert [(remark.line, remark.message.split()[0]) for remark in outcome.remarks] == [
        (3, "email"),
        (3, "roles"),
        (3, "time_zone"),
        (4, "email"),
        (6, "password_hash"),
        (7, "2"),
        (8, "email"),
        (9, "username"),
        (11, "locale"),
    ]
    assert str(outcome.remarks[6]) == "line 8: email good@example.org stands in line 2 too"
    assert await count(db) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name\nAda\n",
        "email,email\na@example.org,b@example.org\n",
        "email,is_admin\na@example.org,1\n",
        b"email,name\na@example.org,\xff\xfe\n",
        "email,name\na@example.org,A\x00B\n",
        'email,name\na@example.org,"open\n',
        'email,name\na@example.org,"x"y\n',
    ],
    ids=["empty", "no e-mail", "twice", "unknown column", "no UTF-8", "NUL", "open quote", "odd quote"],
)
async def test_an_odd_file_is_refused(db: Database, file: Path, text: str | bytes) -> None:
    outcome = await brought(db, file, text)
    assert outcome.remarks
    assert await count(db) == 0


async def test_the_same_file_again_adds_nobody_and_changes_nothing(db: Database, file: Path) -> None:
    lines = [f"person{place}@example.org,Person {place}" for place in range(2 * AT_ONCE + 3)]
    first = await brought(db, file, "email,name\n" + "\n".join(lines[: AT_ONCE + 1]))
    await db.fetch("UPDATE identity_user SET name = 'My own choice' WHERE email = 'person1@example.org'")
    again = await brought(db, file, "email,name\n" + "\n".join(lines).upper().replace("EMAIL", "email"))
    assert (first.added, again.added, again.known) == (AT_ONCE + 1, AT_ONCE + 2, AT_ONCE + 1)
    assert await count(db) == len(lines)
    [kept] = await db.fetch("SELECT name FROM identity_user WHERE email = 'person1@example.org'")
    assert kept["name"] == "My own choice"


async def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    client: httpx.AsyncClient, db: Database, file: Path
) -> None:
    await register(client, email="known@example.org")
    outcome = await brought(db, file, "email\nknown@example.org\nnew@example.org\n", dry_run=True)
    assert (outcome.added, outcome.known, await count(db)) == (1, 1, 1)


async def test_a_batch_that_fails_leaves_those_before_it_and_the_next_run_goes_on(db: Database, file: Path) -> None:
    lines = [f"person{place}@example.org" for place in range(AT_ONCE + 1)]
    file.write_text("email\n" + "\n".join(lines))

    def stop(what: str, done: int) -> None:
        if what == "stored":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_people(db, file, dry_run=False, progress=stop)
    assert await count(db) == AT_ONCE
    rest = await import_people(db, file, dry_run=False, progress=lambda what, done: None)
    assert (rest.added, rest.known) == (1, AT_ONCE)


async def test_nobody_who_was_brought_along_is_sent_a_mail(db: Database, file: Path, crank: Crank) -> None:
    await brought(db, file, "email\nada@example.org\n")
    await crank.jobs()
    assert await db.fetch("SELECT id FROM notifications_notification") == []
    [told] = await db.fetch("SELECT action, actor_id FROM identity_audit")
    assert (told["action"], told["actor_id"]) == ("imported", None)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_whatever_stands_in_a_file_only_lines_are_complained_about(file: Path, noise: bytes) -> None:
    file.write_bytes(b"email,name,roles\n" + noise)
    remarks: list[imports.Remark] = []
    try:
        found = list(imports._read(file, remarks))
    except BadField:
        pytest.fail("a field got through without its line")
    assert all(2 <= line <= noise.count(b"\n") + noise.count(b"\r") + 2 for line, _ in found)
