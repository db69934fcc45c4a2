# The recipes make what they need: a virtual environment in .venv with exactly what the lock file names.

set shell := ["bash", "-euo", "pipefail", "-c"]

python := ".venv/bin/python"

# List the recipes
default:
    @just --list

# Make or refresh .venv from the lock file
setup:
    @test -x {{ python }} || uv venv --quiet .venv
    @if ! cmp -s requirements.lock .venv/requirements.lock || ! cmp -s pyproject.toml .venv/pyproject.toml; then \
        echo "Installing dependencies into .venv ..."; \
        uv pip sync --quiet --python {{ python }} --require-hashes requirements.lock; \
        uv pip install --quiet --python {{ python }} --no-deps --editable .; \
        cp requirements.lock pyproject.toml .venv/; \
    fi
    @{{ python }} src/web/build.py

# Build the web client; --force builds also what is built
web *arguments: setup
    @{{ python }} src/web/build.py --strict {{ arguments }}

# Start everything on this machine: REST, Socket.IO, jobs, PostgreSQL and Redis
serve *arguments: setup
    @exec .venv/bin/lyceum serve {{ arguments }}

# Let a league of learners take lessons against the running server
demo *arguments: setup
    @exec .venv/bin/lyceum demo {{ arguments }}

# Run the test suite, in parallel
test *arguments: setup
    @# A hundred processes are started in it: what they import is compiled once, whatever the surroundings say.
    @PYTHONDONTWRITEBYTECODE= {{ python }} -m pytest -n auto {{ arguments }}

# Formatting, lint, import contracts and types, also the web client's against the API
check: setup
    .venv/bin/ruff format --check .
    .venv/bin/ruff check .
    .venv/bin/lint-imports
    .venv/bin/mypy
    {{ python }} src/web/build.py --check

# Mend what a machine can mend
fix: setup
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# Measure: answer path, pushes, course reads
bench *arguments: setup
    @{{ python }} -m bench {{ arguments }}

# Resolve the dependencies anew
lock:
    uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade --group dev \
        --no-header --no-emit-index-url --quiet --output-file requirements.lock pyproject.toml
    {{ python }} src/web/build.py --lock

# What CI runs, from a clean clone of what is committed
ci:
    bash .ci/run
