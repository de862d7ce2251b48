# Two commands matter: `make run` shows the main job on a bare machine, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORDERS ?= 40
EXIT ?=

.PHONY: run test lint types tests chaos crash stubs lock clean
.DEFAULT_GOAL := run

# The stamp holds the install: it is made again when a lock file or the package's own description changes.
$(VENV)/installed: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

run: $(VENV)/installed
	$(BIN)/provision demo --orders $(ORDERS) $(if $(EXIT),--exit)

test: lint types tests

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(VENV)/installed
	$(BIN)/mypy

# Most tests wait more than they compute, so a few run side by side. The last ones want the machine for themselves.
ALONE := tests/crash tests/shutdown tests/chaos tests/cli/test_cli_demo.py
tests: $(VENV)/installed
	$(BIN)/pytest -n 3 --dist worksteal $(ALONE:%=--ignore=%)
	$(BIN)/pytest $(ALONE)

# Real processes under every kind of trouble for minutes; SEED=… plays one again.
chaos: $(VENV)/installed
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))

# Every crash point, and every pair of them, for every kind of order: hours.
crash: $(VENV)/installed
	CRASH_POINTS=all $(BIN)/pytest tests/crash --timeout 0

# The generated modules are committed; run this after a change of the .proto file.
stubs: $(VENV)/installed
	$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. --grpc_python_out=. clients/salesforce/proto/pubsub_api.proto

# Resolve the newest allowed versions into the two lock files (the hosting platform installs requirements.txt).
lock: $(VENV)/installed
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe --extra dev --output-file requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe --constraint requirements-dev.txt --output-file requirements.txt pyproject.toml

clean:
	rm -rf $(VENV) .dev .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
