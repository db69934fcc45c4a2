"""Settings: the only reader of the environment. A wrong or unknown LYCEUM_ setting stops the start with one line."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

PREFIX = "LYCEUM_"


Rate = Annotated[str, msgspec.Meta(pattern=r"^[1-9]\d{0,8}/[1-9]\d{0,5}$")]
"""E.g. 600/60."""


class ConfigError(Exception):
    """One line that says which setting is wrong and what it may be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each field is set by `LYCEUM_<FIELD>`. Its docstring is what `lyceum doctor` shows."""

    environment: Literal["development", "production"] = "development"
    """production closes what is only for development: interactive schema, detailed metrics to strangers."""
    data_dir: Path = Path(".lyceum")
    """Where embedded services keep their data."""
    database_url: str = ""
    """postgresql://user:password@host:port/name; empty starts an embedded PostgreSQL."""
    redis_url: str = ""
    """redis://, rediss:// or unix://; empty starts an embedded Valkey."""
    database_pool_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    """Connections per process for transactions; hot statements use four more."""
    public_url: str = "http://127.0.0.1:8000"
    """The address that people and providers use."""
    allowed_origins: list[str] = []
    """Comma separated origins of web clients besides public_url. No wildcard."""
    passkey_domain: str = ""
    """The host name that passkeys are made for: public_url's, or one above it that web clients share; empty takes
    public_url's. Passkeys made for another one are lost when it changes."""
    trusted_proxies: list[str] = []
    """Comma separated addresses or networks whose X-Forwarded-For is believed."""
    rate_limits: Literal["auto", "on", "off"] = "auto"
    """auto: on, but in development not for callers on this machine itself."""
    limit_public: Rate = "600/60"
    """Requests/seconds that one address has while nobody is logged in: so many at once, given back evenly."""
    limit_signed_in: Rate = "1200/60"
    """The same for one learner."""
    limit_elevated: Rate = "3000/60"
    """The same for one member of staff."""
    limit_api_keys: Rate = "3000/60"
    """The same for one API key."""
    limit_webhooks: Rate = "6000/60"
    """The same for one address that sends webhooks."""
    limit_media: Rate = "6000/60"
    """The same for one address that looks at files, or sends them."""
    long_polling: bool = True
    """Whether clients without websockets are served; over several machines they need sticky sessions."""
    embedded_worker: bool = True
    """Whether API processes also run jobs; false where `lyceum worker` does."""
    metrics_token: str = ""
    """Bearer token for /metrics; in production, /metrics is closed without one."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    """auto: console on a terminal, JSON elsewhere."""
    otlp_endpoint: str = ""
    """OTLP/HTTP collector for traces; empty sends none."""
    trace_sample_ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    smtp_url: str = ""
    """smtp://user:pass@host:port?starttls=required|optional|off, or smtps://; empty keeps mails at /dev/mail."""
    mail_from: str = ""
    """Who mails come from: Lyceum <hello@example.org>."""
    mail_postal_address: str = ""
    """Stands below every mail; many countries want it."""
    mail_webhook_secret: str = ""
    """Bearer token with which a mail provider tells of bounces and complaints; empty takes none."""
    fcm_credentials: str = ""
    """Path of a Firebase service account's JSON file, for push to phones; empty pushes to browsers only."""

    storage_url: str = ""
    """Where files are kept: file:/path, s3://key:secret@bucket?endpoint=…&region=…, gs://bucket?credentials=/path,
    az://account:key@container, cloudinary://key:secret@cloud; empty keeps them in data_dir/media."""
    media_learner_mb: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 100
    """How much one person may keep, in millions of bytes."""
    media_author_mb: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 5_000
    """The same for one who makes courses."""
    media_plain_http: bool = False
    """Whether authors may also fetch files from addresses without https."""
    clamd_url: str = ""
    """ClamAV's daemon, unix:/run/clamav/clamd.ctl or tcp://host:3310: no file is taken that it has not let through."""

    humane: bool = False
    """Whether people begin without hearts, leagues and pressure about streaks; each may switch on what they like."""
    shop_file: str = ""
    """Path of a YAML file with things that gems buy, besides the built-in ones or in place of them."""
    quests_file: str = ""
    """Path of a YAML file with quests, in place of the built-in ones."""
    achievements_file: str = ""
    """Path of a YAML file with achievements, besides the built-in ones or in place of them."""

    oidc_providers: str = ""
    """Logins elsewhere, JSON: [{"name": …, "issuer": …, "client_id": …, "client_secret": …}]; google has no issuer."""

    stripe_secret_key: str = ""
    """sk_live_…, sk_test_… or a restricted key; sells through Stripe."""
    stripe_webhook_secrets: list[str] = []
    """Comma separated whsec_…; two while one replaces the other."""
    stripe_api_base: str = ""
    """Another address of Stripe's API, for tests."""
    razorpay_key_id: str = ""
    """rzp_live_… or rzp_test_…; sells through Razorpay, together with the secret."""
    razorpay_key_secret: str = ""
    razorpay_account_id: str = ""
    """acc_…; when set, webhooks of another account are set aside."""
    razorpay_webhook_secrets: list[str] = []
    """Comma separated; two while one replaces the other."""
    razorpay_api_base: str = ""
    """Another address of Razorpay's API, for tests."""

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def embedded(self) -> bool:
        """True when at least one of the two services must be started by us."""
        return not (self.database_url and self.redis_url)

    @property
    def origins(self) -> list[str]:
        """Exact origins that may call REST from a browser and open sockets."""
        parts = urlsplit(self.public_url)
        own = f"{parts.scheme}://{parts.netloc}"
        local = (
            [] if self.production else [own.replace("127.0.0.1", "localhost"), own.replace("localhost", "127.0.0.1")]
        )
        return list(dict.fromkeys([own, *local, *self.allowed_origins]))

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None, **overrides: Any) -> "Settings":
        """Settings out of `env` (the process environment by default); `overrides` come from the command line."""
        given = _given(os.environ if env is None else env)
        given.update({name: value for name, value in overrides.items() if value is not None})
        try:
            settings = msgspec.convert(given, cls, strict=False, str_keys=True)
        except msgspec.ValidationError as error:
            raise ConfigError(_readable(error)) from None
        return _checked(settings)

    def source_of(self, field: str, env: Mapping[str, str] | None = None) -> str:
        """`environment` or `default`."""
        return "environment" if PREFIX + field.upper() in (os.environ if env is None else env) else "default"


SECRET_FIELDS = frozenset(
    {
        "database_url",
        "redis_url",
        "metrics_token",
        "smtp_url",
        "storage_url",
        "mail_webhook_secret",
        "oidc_providers",
        "stripe_secret_key",
        "stripe_webhook_secrets",
        "razorpay_key_secret",
        "razorpay_webhook_secrets",
    }
)
"""Never shown whole by doctor or logs."""

_LISTS = frozenset({"allowed_origins", "trusted_proxies", "stripe_webhook_secrets", "razorpay_webhook_secrets"})


def _given(env: Mapping[str, str]) -> dict[str, Any]:
    fields = set(Settings.__struct_fields__)
    given: dict[str, Any] = {}
    for name, value in env.items():
        if not name.startswith(PREFIX):
            continue
        field = name.removeprefix(PREFIX).lower()
        if field not in fields:
            close = difflib.get_close_matches(field, fields, n=1)
            hint = f"; did you mean {PREFIX}{close[0].upper()}?" if close else ""
            raise ConfigError(f"{name} is not a setting of this version{hint}")
        if field in _LISTS:
            given[field] = [item.strip() for item in value.split(",") if item.strip()]
        elif field == "data_dir":
            given[field] = Path(value)
        else:
            given[field] = value
    return given


def _readable(error: msgspec.ValidationError) -> str:
    reason, _, path = str(error).partition(" - at `$.")
    field = path.rstrip("`").split("[")[0].upper()
    return f"{PREFIX}{field}: {reason}" if field else reason


def _checked(settings: Settings) -> Settings:
    for field, schemes in (
        ("database_url", ("postgresql", "postgres", "postgresql+asyncpg")),
        ("redis_url", ("redis", "rediss", "unix")),
        ("public_url", ("http", "https")),
        ("otlp_endpoint", ("http", "https")),
        ("smtp_url", ("smtp", "smtps")),
        ("stripe_api_base", ("http", "https")),
        ("razorpay_api_base", ("http", "https")),
    ):
        value = getattr(settings, field)
        if value and urlsplit(value).scheme not in schemes:
            raise ConfigError(f"{PREFIX}{field.upper()} must start with {' or '.join(s + '://' for s in schemes)}")
    if "*" in settings.allowed_origins:
        raise ConfigError(f"{PREFIX}ALLOWED_ORIGINS names exact origins; a wildcard is refused")
    if bool(settings.razorpay_key_id) != bool(settings.razorpay_key_secret):
        raise ConfigError(f"{PREFIX}RAZORPAY_KEY_ID and {PREFIX}RAZORPAY_KEY_SECRET belong together")
    return settings


def share_figures(directory: Path) -> None:
    """Processes that this one starts from now on write their figures there; the library takes it by no other way."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
