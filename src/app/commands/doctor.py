"""`lyceum doctor`: what is set, what answers, and how to mend what does not.

Invariant: nothing is changed, no secret is shown, and one broken thing does not hide the others.
"""

import asyncio
import shutil
import smtplib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import click
import msgspec

from app import schema
from app.commands.options import data_dir_option, json_option, print_json
from app.config import SECRET_FIELDS, ConfigError, Settings
from app.embedded import EmbeddedError
from app.embedded.postgres import find_postgres
from app.embedded.valkey import find_valkey
from app.infra import open_depot, open_redis, plain_dsn, rulebook
from app.services import addressed
from domains.identity.api import RelyingParty
from domains.media.api import StorageFailure

State = Literal["good", "warning", "bad"]
MARKS: dict[State, str] = {"good": "ok   ", "warning": "warn ", "bad": "BAD  "}
LOW_DISK_BYTES = 1024**3
SLOW_S = 0.05
CLOCK_SKEW_S = 2.0
WAIT_S = 5.0
_RULES = ("shop_file", "quests_file", "achievements_file")


class Finding(msgspec.Struct, frozen=True):
    """`mend` is empty where nothing needs mending."""

    subject: str
    state: State
    found: str
    mend: str = ""


class SettingShown(msgspec.Struct, frozen=True):
    name: str
    value: str
    source: str


@click.command()
@data_dir_option
@json_option
def doctor(data_dir: Path | None, as_json: bool) -> None:
    """Check settings, database, Redis, disk, clock, payments and mail, and say how to mend what is wrong."""
    try:
        settings = Settings.load(data_dir=data_dir)
    except ConfigError as error:
        shown: list[SettingShown] = []
        findings = [Finding("settings", "bad", str(error), "correct or unset that variable")]
    else:
        shown = settings_shown(settings, from_option=data_dir is not None)
        findings = [Finding("settings", "good", f"{len(shown)} settings are understood"), *examine(settings)]
    if as_json:
        print_json({"settings": shown, "findings": findings})
    else:
        for setting in shown:
            click.echo(f"{setting.name} = {setting.value}  ({setting.source})")
        click.echo()
        for finding in findings:
            click.echo(f"{MARKS[finding.state]}{finding.subject}: {finding.found}")
            if finding.mend:
                click.echo(f"     -> {finding.mend}")
    if any(finding.state == "bad" for finding in findings):
        raise click.exceptions.Exit(1)


def settings_shown(settings: Settings, *, from_option: bool) -> list[SettingShown]:
    """Every setting with its source; secrets only as set or not set."""
    shown = []
    for field in settings.__struct_fields__:
        value = getattr(settings, field)
        text = ("set" if value else "not set") if field in SECRET_FIELDS else _plain(value)
        source = "--data-dir" if field == "data_dir" and from_option else settings.source_of(field)
        shown.append(SettingShown(f"LYCEUM_{field.upper()}", text, source))
    return shown


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def examine(settings: Settings) -> list[Finding]:
    findings = [check_disk(settings), check_proxy(settings), check_passkeys(settings)]
    if settings.embedded and not (settings.data_dir / "postgres").exists():
        return [
            *findings,
            check_programs(settings),
            *check_payments(settings),
            check_mail(settings),
            check_rules(settings),
            check_storage(settings),
        ]
    with ExitStack() as stack:
        try:
            found = stack.enter_context(addressed(settings, owner="command", report=lambda line: None))
        except EmbeddedError as error:
            findings.append(Finding("embedded services", "bad", str(error), "see the sentence itself"))
        else:
            findings += asyncio.run(_examine_services(settings, found))
    return [*findings, *check_payments(settings), check_mail(settings), check_rules(settings), check_storage(settings)]


def check_programs(settings: Settings) -> Finding:
    """Before the first start there is only the installation to look at; a doctor creates no database."""
    try:
        find_postgres()
        find_valkey()
    except EmbeddedError as error:
        return Finding("embedded services", "bad", str(error), "install what is missing")
    return Finding("embedded services", "good", f"nothing in {settings.data_dir} yet; `lyceum serve` creates it")


async def _examine_services(settings: Settings, found: Settings) -> list[Finding]:
    own = settings.database_url == ""
    findings = [await _guarded("database", _database(own), lambda: check_database(found, own=own))]
    if findings[0].state != "bad":
        findings.append(await _guarded("clock", "compare `date` here and there", lambda: check_clock(found)))
    redis_mend = "see logs/valkey.log" if not settings.redis_url else "check LYCEUM_REDIS_URL and that server"
    findings.append(await _guarded("Redis", redis_mend, lambda: check_redis(found)))
    return findings


def _database(own: bool) -> str:
    return "see logs/postgres.log" if own else "check LYCEUM_DATABASE_URL, that server, and its pg_hba.conf"


async def _guarded(subject: str, mend: str, check: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await asyncio.wait_for(check(), WAIT_S)
    except TimeoutError:
        return Finding(subject, "bad", f"does not answer within {WAIT_S:.0f} s", mend)
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what the doctor reports
        return Finding(subject, "bad", str(error).partition("\n")[0] or type(error).__name__, mend)


async def check_database(found: Settings, *, own: bool) -> Finding:
    started = time.perf_counter()
    current = await schema.current(found.database_url)
    took_ms = (time.perf_counter() - started) * 1000
    where = "embedded PostgreSQL" if own else "PostgreSQL"
    if current != schema.head():
        mend = "the next `lyceum serve` migrates it, or run `lyceum migrate`" if own else "run `lyceum migrate`"
        needs = f"{where} is at {current or 'empty'}, this version needs {schema.head()}"
        return Finding("database", "warning" if own else "bad", needs, mend)
    return Finding("database", "good", f"{where} answers at {current} ({took_ms:.0f} ms to connect and ask)")


async def check_clock(found: Settings) -> Finding:
    connection = await asyncpg.connect(plain_dsn(found.database_url), timeout=WAIT_S)
    try:
        before = datetime.now(UTC)
        theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
        after = datetime.now(UTC)
    finally:
        await connection.close()
    skew_s = abs((theirs - (before + (after - before) / 2)).total_seconds())
    if skew_s > CLOCK_SKEW_S:
        mend = "run a time service (chrony, systemd-timesyncd) on both machines"
        return Finding("clock", "bad", f"differs by {skew_s:.1f} s from the database's", mend)
    return Finding("clock", "good", f"{after:%Y-%m-%d %H:%M:%S} UTC, {skew_s * 1000:.0f} ms from the database's")


async def check_redis(found: Settings) -> Finding:
    redis = open_redis(found.redis_url)
    try:
        await redis.ping()
        started = time.perf_counter()
        await redis.ping()
        took_s = time.perf_counter() - started
        memory = await redis.info("memory")
    finally:
        await redis.aclose(close_connection_pool=True)
    policy = memory.get("maxmemory_policy", "unknown")
    if policy != "noeviction":
        mend = "CONFIG SET maxmemory-policy noeviction, and in its configuration file"
        return Finding("Redis", "warning", f"may throw away keys (maxmemory-policy {policy})", mend)
    used = f"{memory.get('used_memory', 0) / 1024**2:.0f} MB used"
    if took_s > SLOW_S:
        return Finding("Redis", "warning", f"answers in {took_s * 1000:.0f} ms, {used}", "put it nearer, or relieve it")
    return Finding("Redis", "good", f"answers in {took_s * 1000:.1f} ms, {used}")


def check_disk(settings: Settings) -> Finding:
    place = settings.data_dir.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / 1024**3:.1f} GB free where {settings.data_dir} lies"
    if free < LOW_DISK_BYTES:
        return Finding("disk", "warning", found, "free some space, or choose another --data-dir")
    return Finding("disk", "good", found)


def check_proxy(settings: Settings) -> Finding:
    """We speak plain HTTP, so whoever is reached by https stands behind a proxy, whose address all callers then have
    unless it is trusted."""
    name = "LYCEUM_TRUSTED_PROXIES"
    if "*" in settings.trusted_proxies or "0.0.0.0/0" in settings.trusted_proxies:
        mend = f"name in {name} only the proxies that callers cannot go around"
        return Finding("proxy", "bad", "anybody is believed: an address is whatever a caller says", mend)
    if not settings.trusted_proxies and settings.public_url.startswith("https://"):
        mend = f"set {name} to the address of the proxy in front (with bare uvicorn: --forwarded-allow-ips)"
        return Finding("proxy", "warning", "none is trusted: all callers share one address, and its limits", mend)
    trusted = ", ".join(settings.trusted_proxies)
    return Finding("proxy", "good", f"X-Forwarded-For is believed of {trusted or 'nobody'}")


def check_passkeys(settings: Settings) -> Finding:
    """Whether browsers make passkeys for our domain at public_url and at the other origins of web clients."""
    party = RelyingParty.of(settings.public_url, settings.origins, settings.passkey_domain)
    mend = "set LYCEUM_PASSKEY_DOMAIN to the host of LYCEUM_PUBLIC_URL, or to a domain above it"
    if settings.origins[0] not in party.origins:
        return Finding("passkeys", "bad", f"{party.id} is no domain of {settings.public_url}: none can be made", mend)
    if party.id != "localhost" and not settings.public_url.startswith("https://"):
        told = "browsers make none without https"
        return Finding("passkeys", "warning", told, "set LYCEUM_PUBLIC_URL to the https address that browsers use")
    if ("." not in party.id and party.id != "localhost") or _is_address(party.id):
        return Finding(
            "passkeys", "warning", f"browsers make none for {party.id}", "give LYCEUM_PUBLIC_URL a host name"
        )
    pages = [origin for origin in settings.origins if origin.startswith(("http://", "https://"))]
    if outside := sorted(set(pages) - set(party.origins) - {settings.origins[0]}):
        return Finding("passkeys", "warning", f"not for {', '.join(outside)}, outside of {party.id}", mend)
    return Finding("passkeys", "good", f"made for {party.id}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def check_payments(settings: Settings, env: Mapping[str, str] | None = None) -> list[Finding]:
    """One for each provider that is set up. Nothing is asked of them."""
    found = [
        _check_keys(settings, "Stripe", settings.stripe_secret_key, ("sk_", "rk_"), settings.stripe_webhook_secrets),
        _check_keys(settings, "Razorpay", settings.razorpay_key_id, ("rzp_",), settings.razorpay_webhook_secrets),
    ]
    findings = [finding for finding in found if finding is not None]
    if not findings and settings.production:
        mend = "set the keys and webhook secrets of Stripe or Razorpay, or sell nothing"
        return [Finding("payments", "warning", "no provider is set up: nothing can be bought", mend)]
    if not findings:
        return [Finding("payments", "good", "the built-in test provider; no money moves")]
    if settings.production and settings.source_of("public_url", env) == "default":
        mend = "set LYCEUM_PUBLIC_URL to the address that browsers use"
        findings.append(Finding("payments", "bad", f"buyers are sent back to {settings.public_url}", mend))
    return findings


def _check_keys(
    settings: Settings, provider: str, key: str, prefixes: tuple[str, ...], webhook_secrets: list[str]
) -> Finding | None:
    name = f"LYCEUM_{provider.upper()}"
    key_name = f"{name}_SECRET_KEY" if provider == "Stripe" else f"{name}_KEY_ID"
    endpoint = f"{settings.public_url}/api/v1/webhooks/{provider.lower()}"
    if not key:
        if not webhook_secrets:
            return None
        return Finding(provider, "bad", "webhook secrets without a key: it sells nothing", f"set {key_name} too")
    if not webhook_secrets:
        mend = f"let {provider} send its webhooks to {endpoint}, and set {name}_WEBHOOK_SECRETS"
        return Finding(provider, "bad", "no webhook secret: a payment shows only when it is reconciled", mend)
    if not key.startswith(prefixes):
        said = "the key begins neither with sk_ nor rk_" if provider == "Stripe" else "the key does not begin with rzp_"
        return Finding(provider, "bad", said, f"copy {key_name} once more")
    if settings.production and "_live_" not in key:
        return Finding(provider, "warning", "a test key: no money moves", f"set {key_name} to the live one")
    mode = "live" if "_live_" in key else "test"
    secrets = f"{len(webhook_secrets)} webhook secret{'s' if len(webhook_secrets) > 1 else ''}"
    return Finding(provider, "good", f"{mode} mode, {secrets}; webhooks are taken at {endpoint}")


def check_rules(settings: Settings) -> Finding:
    """Prices, quests and achievements, with an operator's own."""
    try:
        rules = rulebook(settings)
    except ConfigError as error:
        return Finding("rewards", "bad", str(error), "mend that file; `lyceum serve` does not start with it")
    own = [f"LYCEUM_{name.upper()}" for name in _RULES if getattr(settings, name)]
    quests = len(rules.quests.daily) + len(rules.quests.weekly) + len(rules.quests.friend)
    told = f"{sum(not item.withdrawn for item in rules.shop.items)} things in the shop, {quests} quests"
    told += f", {len(rules.achievements.by_id)} achievements"
    return Finding("rewards", "good", f"{told}, with {' and '.join(own)}" if own else told)


def check_storage(settings: Settings) -> Finding:
    """Whether it answers us; nothing is written."""
    mend = "check LYCEUM_STORAGE_URL, and that its key may read, write, list and delete there"
    if not settings.storage_url and not settings.data_dir.exists():
        return Finding("files", "good", f"will be kept in {settings.data_dir / 'media'}")
    try:
        name = asyncio.run(_asked_storage(settings))
    except (ConfigError, StorageFailure) as error:
        return Finding("files", "bad", str(error), mend)
    if settings.clamd_url:
        return Finding("files", "good", f"{name} answers; each file is scanned first")
    return Finding("files", "good", f"{name} answers; no virus scanner is set up")


async def _asked_storage(settings: Settings) -> str:
    depot = open_depot(settings)
    try:
        await depot.storage.ask()
        return depot.storage.name
    finally:
        await depot.aclose()


def check_mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return Finding(
            "mail", "warning", "not configured: no e-mail leaves", "set LYCEUM_SMTP_URL and LYCEUM_MAIL_FROM"
        )
    if not settings.mail_from:
        return Finding("mail", "bad", "no sender address is set", "set LYCEUM_MAIL_FROM")
    parts = urlsplit(settings.smtp_url)
    starttls = parse_qs(parts.query).get("starttls", ["required"])[0]
    try:
        _try_mail(parts.scheme, parts.hostname or "localhost", parts.port, starttls, parts.username, parts.password)
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", "bad", f"{parts.hostname}: {error}", "check LYCEUM_SMTP_URL and that server")
    return Finding("mail", "good", f"{parts.hostname} accepts us; nothing was sent")


def _try_mail(scheme: str, host: str, port: int | None, starttls: str, user: str | None, password: str | None) -> None:
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, port or 465, timeout=WAIT_S, context=context)
        if scheme == "smtps"
        else smtplib.SMTP(host, port or 587, timeout=WAIT_S)
    ) as server:
        server.ehlo()
        if scheme == "smtp" and starttls != "off" and (starttls == "required" or server.has_extn("starttls")):
            server.starttls(context=context)
        if user:
            server.login(unquote(user), unquote(password or ""))
        server.noop()
