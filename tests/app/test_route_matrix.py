"""Every route as everybody, against the one table that people have read."""

import importlib.util
from pathlib import Path

import pytest
from litestar import Litestar

# Beside this file; `app` is the package of the house.
_spec = importlib.util.spec_from_file_location("route_matrix", Path(__file__).with_name("route_matrix.py"))
assert _spec is not None
assert _spec.loader is not None
matrix = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(matrix)


@pytest.mark.parametrize("caller", matrix.CALLERS)
async def test_every_route_answers_everybody_as_the_table_says(app: Litestar, caller: str) -> None:
    found = await matrix.answers(app, caller)
    table = matrix.read()
    missing = [f"{method} {path}" for path, method in found if (path, method) not in table]
    assert not missing, f"not in {matrix.FILE.name}; write it anew and read the difference: {missing}"
    assert [route for route in table if route not in found] == []
    other = {route: (table[route][caller], status) for route, status in found.items() if table[route][caller] != status}
    assert other == {}, "route: (in the table, now)"


def test_the_table_is_default_deny() -> None:
    for (path, method), row in matrix.read().items():
        if path.startswith("/api/v1/admin/"):
            assert row["anonymous"] == 401, (method, path)
            assert row["learner"] == row["author"] == row["teacher"] == 403, (method, path)


def test_whoever_rules_the_house_gets_at_least_as_far_as_those_who_help() -> None:
    for route, row in matrix.read().items():
        refused = {caller for caller in matrix.ROLES if row[caller] == 403}
        assert "admin" not in refused or refused == set(matrix.ROLES), route
