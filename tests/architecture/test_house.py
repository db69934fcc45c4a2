"""Rules of the house that an import contract cannot express."""

import ast
import re
from pathlib import Path

from app import registry
from domains.kernel.events import Event

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for part in ("app", "domains", "realtime") for path in (ROOT / "src" / part).rglob("*.py"))
ORDER = ["kernel", *(domain.name for domain in registry.DOMAINS)]


def test_only_the_unit_of_work_commits() -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        # Migrations run outside any unit of work, under a lock of their own.
        if re.search(r"\.commit\(\)", path.read_text()) and path.name not in {"uow.py", "schema.py"}
    ]
    assert offenders == []


def test_a_foreign_key_points_to_the_same_or_a_lower_domain() -> None:
    for table in registry.metadata().tables.values():
        own = ORDER.index(table.name.split("_")[0])
        for key in table.foreign_keys:
            target = key.target_fullname.split("_")[0]
            assert ORDER.index(target) <= own, f"{table.name} points up to {key.target_fullname}"


def test_every_table_is_named_after_its_domain() -> None:
    assert {table.split("_")[0] for table in registry.metadata().tables} <= set(ORDER)


def test_the_catalogue_of_facts_and_jobs_is_published_as_it_is() -> None:
    published = ROOT / "src" / "app" / "catalogue.txt"
    assert published.read_text().splitlines() == registry.catalogue(), (
        "facts or jobs have changed: run `python -m app.registry > src/app/catalogue.txt` and review the difference"
    )


def test_every_event_belongs_to_the_manifest_of_its_domain() -> None:
    for domain in registry.DOMAINS:
        module = f"domains.{domain.name}.events"
        written = {event for event in Event.__subclasses__() if event.__module__ == module}
        assert written == set(domain.events)
        for event in written:
            assert event.type_name().split(".")[0] == domain.name
            assert re.fullmatch(r"[a-z]+\.[a-z_]+\.v\d+", event.type_name())


def test_a_domain_enters_another_by_api_events_and_guards_only() -> None:
    offenders = []
    for path in (ROOT / "src" / "domains").rglob("*.py"):
        own = path.relative_to(ROOT / "src" / "domains").parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                # `from domains.catalog import repository` enters as much as `from domains.catalog.repository import x`.
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                parts = name.split(".")
                strange = parts[0] == "domains" and len(parts) > 2 and parts[1] not in {own, "kernel"}
                if strange and parts[2] not in {"api", "events", "guards"}:
                    offenders.append(f"{path.relative_to(ROOT)} enters {name}")
    assert offenders == []


def test_only_the_app_reads_the_environment() -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name != "config.py" and re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]
    assert offenders == []


def test_every_module_says_what_it_keeps() -> None:
    silent = [str(path.relative_to(ROOT)) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_no_file_has_outgrown_its_room() -> None:
    large = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in large.items() if lines > 420} == {}
