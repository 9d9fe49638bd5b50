.DEFAULT_GOAL := help
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url
LINUX := --python-version 3.11
BUILD := $(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python
REVISION := 1
# Python version of the Windows bundle, which uses only wheels
WINDOWS := --python-version 3.13 --python-platform x86_64-pc-windows-msvc --only-binary :all:

# All extras except `dlib`, whose packages are in requirements-faces.lock.
EXTRAS := metrics printed service voice web

# Tests that need no devices, servers or images.
PURE := tests/test_architecture.py tests/test_english.py tests/config tests/consent tests/terminal/session tests/terminal/talk tests/terminal/words

.PHONY: help setup demo demo-terminal static quick check test test-long coverage fuzz format lock diagram tables wheel deb bundle release

help:            ## list the targets
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' $(MAKEFILE_LIST)

setup: .venv/.test ## install the requirements for the demo, tests and development

.venv/.demo: tools/setup pyproject.toml requirements.lock requirements-models.lock requirements-bootstrap.lock
	@tools/setup demo

.venv/.test: tools/setup pyproject.toml requirements-dev.lock requirements-faces.lock requirements-models.lock requirements-bootstrap.lock
	@tools/setup test

demo: .venv/.demo ## run the fully simulated terminal, in a browser if there is a display
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY$$WSL_DISTRO_NAME" ] || [ "$$(uname)" = Darwin ]; \
	then $(BIN)/uketsuke demo --web; else $(BIN)/uketsuke demo; fi

demo-terminal: .venv/.demo ## run the demo in this terminal window
	@$(BIN)/uketsuke demo

static: setup
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/mypy -p tests
	@$(BIN)/mypy -p benchmarks
	@$(BIN)/mypy examples

quick: static ## run lint, import contracts, type checks and pure tests; before each commit
	@$(BIN)/pytest -q -m "not long and not every_language" -n 2 --hypothesis-profile=quick $(PURE)

check: static test ## run everything that CI runs; before each push

test: setup ## run the tests
	@$(BIN)/pytest -m "not long" -n auto --dist loadgroup

test-long: setup ## run the slow tests
	@$(BIN)/pytest -m long

.PHONY: soak killing mutants
soak: setup ## run 10,000 receptions with faults at every step; half an hour (docs/reliability.md)
	@$(BIN)/python -m tests.reliability.soak --receptions 10000

killing: setup ## SIGKILL the terminal 200 times and the service 50 times; a quarter of an hour
	@$(BIN)/python -m tests.reliability.killing --terminal 200 --service 50

mutants: setup ## inject 99 faults one by one and check that a test detects each; half an hour
	@$(BIN)/python -m tests.reliability.mutants

fuzz: setup ## run coverage-guided fuzzing of every parser; half a minute each
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target .fuzz/lib --no-deps --require-hashes -r requirements-fuzz.lock
	@PYTHONPATH=.fuzz/lib:. $(BIN)/python tests/fuzz.py --seconds 30

coverage: setup ## run the tests with a coverage report
	@$(BIN)/pytest -m "not long" -n auto --dist loadgroup --cov --cov-report=term:skip-covered

format: setup ## format and sort imports with ruff
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup ## update the lock files (hashes, no URLs)
	@$(COMPILE) $(LINUX) $(EXTRAS:%=--extra %) pyproject.toml -o requirements.lock
	@$(COMPILE) $(LINUX) $(EXTRAS:%=--extra %) --group dev pyproject.toml -o requirements-dev.lock
	@$(COMPILE) $(EXTRAS:%=--extra %) $(WINDOWS) --no-annotate -c requirements.lock pyproject.toml -o requirements-windows.lock
	@$(COMPILE) $(LINUX) --no-annotate --no-deps --group faces -o requirements-faces.lock
	@$(COMPILE) $(LINUX) --no-annotate --group fuzz -o requirements-fuzz.lock
	@$(COMPILE) $(LINUX) --no-annotate --group bootstrap -o requirements-bootstrap.lock

diagram: setup ## generate the state diagram in docs/states.md from the code
	@$(BIN)/python -m tests.terminal.session.diagram

tables: setup ## generate the tables in docs/vendors.md from the code
	@$(BIN)/python -m tests.terminal.simulated.exchange.vendors_page

wheel: .venv/.demo ## build the wheel, in dist/
	@$(BUILD) --wheel --out-dir dist

deb: .venv/.demo ## build the package for this Debian release, in dist/; REVISION=2 for a version's second package
	@REVISION=$(REVISION) tools/deb

release: setup ## build wheel, source distribution, SBOM and checksums, in dist/ (docs/release.md)
	@tools/release

bundle: .venv/.demo ## build a bundle for computers without internet, in dist/; TARGET=windows or debian (after `make deb`)
	@tools/bundle $(TARGET)
