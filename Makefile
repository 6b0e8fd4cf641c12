# The commands a newcomer needs. They ask for Python 3.11 or newer, make and git, and for nothing of ours: uv is put
# into .tools, the packages of uv.lock into .venv. A second call finds both and starts at once.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-quick test-all test-faults coverage bench bench-runs fuzz check format openapi schema console console-dev screenshots wheel clean

UV_VERSION := 0.13.9
UV := .tools/uv-$(UV_VERSION)/uv
BIN := .venv/bin
READY := .venv/.ready
# Node and npm come with the packages of uv.lock; the machine's own are not asked.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix console
CONSOLE_PACKAGES := console/node_modules/.ready
CONSOLE_TYPES := console/src/api/schema.d.ts
CONSOLE := src/flowdeck/api/console/index.html
CONSOLE_SOURCES := $(shell find console -name node_modules -prune -o -type f ! -name '*.md' ! -name '*.test.ts' ! -name schema.d.ts -print)

# A part is run by one worker more than there are cores: it is too short to fill the pauses of its tests.
WORKERS := $(if $(ARGS),$(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1))),auto)
PYTEST := $(BIN)/pytest -q -n $(WORKERS) --dist worksteal
# Without the tests that only repeat others, on the second database or in a long form, and those that run the embedded model.
BEFORE_A_COMMIT := "not every_database and not long and not embedded"
# The suites that kill servers, follow the README and drive a browser take as long as all others together. `make
# test-all` runs them whole; before a commit, a browser visits the pages that everybody sees first.
VISITED := $(addprefix tests/console/test_,home.py questions.py sessions.py)
APART := --ignore=tests/faults --ignore=tests/test_readme.py $(addprefix --ignore=,$(filter-out $(VISITED),$(wildcard tests/console/test_*.py)))

export UV_PYTHON_DOWNLOADS := never
# Compiled once here, or by every first start: a program that imports this much would take twice as long to answer.
export UV_COMPILE_BYTECODE := 1
# What a developer's own environment says about another project's virtualenv does not concern this one.
unexport VIRTUAL_ENV
# Nor does a wish to keep no compiled files: with it, each start would compile every module of ours again.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) $(CONSOLE) ## Set up everything: uv, the packages, the embedded model, the console
	@echo "Everything is set up. Next: make run"

run: $(READY) $(CONSOLE) ## Serve on http://127.0.0.1:8321
	@exec $(BIN)/flowdeck serve

test: $(READY) $(CONSOLE) ## Run the tests before a commit; ARGS=tests/graphs for a part
	@$(if $(ARGS),,$(NPM) --silent test)
	@$(PYTEST) -m $(BEFORE_A_COMMIT) $(or $(ARGS),$(APART))

test-quick: $(READY) $(CONSOLE) ## Run the tests that a change touches, for a minute at most
	@tests=$$($(BIN)/python scripts/quick_tests.py); [ -z "$$tests" ] || $(PYTEST) -m $(BEFORE_A_COMMIT) $$tests $(ARGS)

test-all: $(READY) $(CONSOLE) ## Run every test on every database, as CI does
	@$(if $(ARGS),,$(NPM) --silent test)
	@$(PYTEST) $(ARGS)

test-faults: $(READY) ## Run the fault tests at their full size; takes long
	@FLOWDECK_FAULTS=full $(BIN)/pytest -q -s --timeout 3600 $(or $(ARGS),tests/faults tests/engine/test_admission.py tests/api/test_idempotency.py tests/api/test_cancelling.py)

coverage: $(READY) $(CONSOLE) ## Run the whole test suite and say which lines it leaves out
	@$(PYTEST) --cov=flowdeck --cov-report=term-missing:skip-covered --cov-fail-under=90 $(ARGS)

bench: $(READY) ## Compare the figures of a whole month with a count by hand (SCALE=0.1: of a tenth)
	@FLOWDECK_BENCH_SCALE=$(or $(SCALE),1) $(BIN)/pytest -q -n 0 --timeout=3600 tests/benchmarks $(ARGS)

bench-runs: $(READY) ## Compare the rate of runs with a plain server's; ARGS=postgresql for the other database
	@$(BIN)/python -m benchmarks.runs $(ARGS)

fuzz: $(READY) ## Try every operation of the API with Schemathesis (EXAMPLES=10: fewer)
	@$(BIN)/python -m benchmarks.fuzz --examples $(or $(EXAMPLES),200) $(ARGS)

check: $(READY) $(CONSOLE_PACKAGES) $(CONSOLE_TYPES) ## Lint, format, types, floors and words; says something only about what is wrong
	@scripts/quietly $(BIN)/ruff check --no-fix .
	@scripts/quietly $(BIN)/ruff format --check .
	@scripts/quietly $(BIN)/mypy
	@scripts/quietly $(BIN)/lint-imports
	@scripts/quietly $(BIN)/python scripts/check-words
	@$(NPM) --silent run check:types
	@$(NPM) --silent run check:lint
	@$(NPM) --silent run check:format

format: $(READY) $(CONSOLE_PACKAGES) $(CONSOLE_TYPES) ## Put the source into its form, and mend what can be mended
	@$(BIN)/ruff check -q --fix .
	@$(BIN)/ruff format -q .
	@$(NPM) --silent run format

openapi: $(READY) ## Write openapi.json and the table of error codes anew
	@$(BIN)/python -m flowdeck.api.openapi
	@$(BIN)/python -m flowdeck.api.error_table

schema: $(READY) ## Write the schema of a new SQLite database anew, after a migration was added
	@$(BIN)/python scripts/sqlite_schema.py

console: $(CONSOLE) ## Build the web console, if its source has changed

console-dev: $(READY) $(CONSOLE_PACKAGES) $(CONSOLE_TYPES) ## Serve the console's source with instant reload, beside `make run`
	@$(NPM) --silent run dev

screenshots: $(READY) $(CONSOLE) ## Take the pictures of the console in docs/images anew; needs Chromium
	@$(BIN)/python -m tests.console.screenshots

wheel: $(UV) $(CONSOLE) ## Build the wheel and the source distribution into dist/
	@python=$$(scripts/find-python) && $(UV) build -q --python "$$python" && ls -sh dist

clean: ## Remove what setting up and testing made; data/ stays
	@rm -rf .venv .tools dist console/node_modules src/flowdeck/api/console $(CONSOLE_TYPES) htmlcov .coverage* .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis

$(UV): scripts/get_uv.py
	@python=$$(scripts/find-python) && "$$python" scripts/get_uv.py $(UV_VERSION) $@

$(READY): $(UV) pyproject.toml uv.lock
	@echo "Setting up the packages in .venv"
	@python=$$(scripts/find-python) && $(UV) sync --frozen --all-extras --python "$$python"
	@$(BIN)/python -m compileall -q src
	@touch $@

$(CONSOLE_PACKAGES): console/package.json console/package-lock.json console/.npmrc | $(READY)
	@echo "Setting up the console's packages in console/node_modules"
	@$(NPM) ci
	@touch $@

$(CONSOLE_TYPES): $(CONSOLE_PACKAGES) openapi.json
	@$(NPM) --silent run types

$(CONSOLE): $(CONSOLE_TYPES) $(CONSOLE_SOURCES)
	@echo "Building the console"
	@$(NPM) --silent run build
