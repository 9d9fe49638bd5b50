.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup demo test test-long fuzz check format lock wheel

help:            ## this list
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' $(MAKEFILE_LIST)

setup: .venv/.installed ## system packages and .venv

.venv/.installed: tools/setup pyproject.toml requirements-dev.lock requirements-models.lock requirements-bootstrap.lock
	@tools/setup

demo: setup ## the main job, everything embedded
	@$(BIN)/uketsuke demo

test: setup ## the tests
	@$(BIN)/pytest -m "not long" -n auto --dist loadgroup

test-long: setup ## the tests that take longer
	@$(BIN)/pytest -m long

fuzz: setup ## feed everything that reads a card, guided by coverage; half a minute each
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target .fuzz/lib --no-deps --require-hashes -r requirements-fuzz.lock
	@PYTHONPATH=.fuzz/lib:. $(BIN)/python tests/reader/fuzz.py --seconds 30

check: setup ## lint, format, types, import contracts, tests with coverage
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -m "not long" -n auto --dist loadgroup --cov --cov-report=term:skip-covered

format: setup ## let ruff format and sort
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup ## renew the lock files (hashes, no addresses)
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra web --extra printed pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra web --extra printed --group dev pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11 --group fuzz -o requirements-fuzz.lock

wheel: setup ## the wheel, in dist/
	@$(BIN)/python -m build --no-isolation --wheel
