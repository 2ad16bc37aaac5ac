# Everything a person does here; `make` alone lists it. PYTHON=... chooses a Python.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CANDIDATES := python3 python3.13 python3.12 python3.11 python
IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for found in $(CANDIDATES); do \
	"$$found" -c '$(IN_RANGE)' 2>/dev/null && echo "$$found" && break; done)

VENV := .venv
BIN := $(VENV)/bin
AXE := tests/bi/axe
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
DATA := $(or $(FUNNELHOUSE_DATA),data)
EXTRACTS := $(or $(FUNNELHOUSE_EXTRACTS),$(DATA)/extracts)
OURS := dagster_project expectations tests
SLOW := tests
SURVIVAL := tests/survival
KILLS := 200
SEED := 1
SPARK :=
# tests/conftest.py says which files go together, and which go first
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help run sample report pictures axe dagster test test-slow crash-test spark-test superset superset-bundle superset-environment bench bench-large mutants lint types format clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## Install, make sample extracts if there are none, run the night
	@find "$(EXTRACTS)" -type f 2>/dev/null | grep -q . || $(BIN)/funnelhouse sample
	@$(BIN)/funnelhouse run

sample: $(VENV)/.installed ## Make sample extracts (funnelhouse sample --help for more)
	@$(BIN)/funnelhouse sample

report: $(VENV)/.installed ## Write the report of the current generation again
	@$(BIN)/funnelhouse report

pictures: $(VENV)/.installed-dev ## Take the README's pictures of the report (needs Chromium)
	@$(BIN)/python -m tests.bi.pictures "$(DATA)"

dagster: $(VENV)/.installed ## Open Dagster's UI on http://127.0.0.1:3000
	@$(BIN)/funnelhouse ui

axe: $(AXE)/node_modules ## Fetch axe-core, which tests look at pages with (needs npm)

test: $(VENV)/.installed-dev axe ## Run the tests
	@$(BIN)/python -m pytest -m "not slow" $(WORKERS)

test-slow: $(VENV)/.installed-dev ## Run the tests that take whole nights and more seeds (SLOW=tests/flow)
	@$(BIN)/python -m pytest -m slow $(WORKERS) --ignore tests/survival $(SLOW)

crash-test: $(VENV)/.installed-dev ## Kill nights, fill disks, shift clocks (KILLS=200, SEED=1)
	@$(BIN)/python -m pytest -vv -m slow -n 2 --kills $(KILLS) --seed $(SEED) \
		$(SURVIVAL)

spark-test: $(VENV)/.installed-dev $(VENV)-spark/.installed ## Build on a Spark cluster of our own; marts must equal DuckDB's
	@FUNNELHOUSE_SPARK_PYTHON="$(CURDIR)/$(VENV)-spark/bin/python" \
		$(BIN)/python -m pytest -vv -s $(SPARK) tests/spark

superset: $(VENV)/.installed superset-environment ## Open Superset on http://127.0.0.1:8088, over PostgreSQL
	@$(BIN)/python -m dagster_project.bi.superset.serving \
		$(VENV)-superset "$(DATA)/superset" 8088

superset-bundle: $(VENV)/.installed ## Write the dashboard as a file to import into another Superset
	@$(BIN)/python -c "from pathlib import Path; \
		from dagster_project.bi.superset.serving import zip_bundle; \
		print(zip_bundle(Path()))"

superset-environment: $(VENV)-superset/.installed ## Install Superset, which some tests need

bench: $(VENV)/.installed-dev ## Measure against other ways, in minutes
	@$(BIN)/python -m tests.benchmarks

bench-large: $(VENV)/.installed-dev ## The same at full size: hours, much disk
	@$(BIN)/python -m tests.benchmarks --large

mutants: $(VENV)/.installed-dev ## Make faults in the SQL, one by one; the tests must notice each
	@$(BIN)/python -m tests.mutations

lint: $(VENV)/.installed-dev ## Look for what should not be there, in Python and SQL
	@$(BIN)/ruff check $(OURS)
	@$(BIN)/ruff format --check $(OURS)
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt/models dbt/tests

types: $(VENV)/.installed-dev ## Check the types
	@$(BIN)/mypy

format: $(VENV)/.installed-dev ## Format the Python code
	@$(BIN)/ruff check --fix-only $(OURS)
	@$(BIN)/ruff format $(OURS)

clean: ## Remove the warehouse and all caches; the lake and what is published stay
	@rm -rf "$(DATA)/warehouse" .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find $(OURS) -name __pycache__ -type d -prune -exec rm -rf {} +

# Why these Pythons: dbt-core 1.11 and Dagster 1.13 are tried on no other.
$(BIN)/python:
	@"$(or $(PYTHON),python3)" -c '$(IN_RANGE)' 2>/dev/null || { \
		echo "Needs Python 3.11, 3.12 or 3.13; found:" \
			"$$("$(or $(PYTHON),python3)" --version 2>&1)." \
			"Name one of these: make run PYTHON=/path/to/python3.12" >&2; exit 2; }
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing into $(VENV) (about a minute)"
	@$(PIP) install --quiet --compile --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q dagster_project expectations
	@$(BIN)/funnelhouse prepare
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@$(PIP) install --quiet --compile --require-hashes -r requirements-dev.lock
	@touch $@

# The one tool that is no Python. Without it the tests that use it say so and are skipped.
$(AXE)/node_modules: $(AXE)/package-lock.json
	@if command -v npm >/dev/null && npm ci --prefix $(AXE) --ignore-scripts \
		--no-audit --no-fund --silent; then touch $@; \
	else echo "npm is not there or fetches nothing: tests by axe-core are skipped"; fi

# An environment of its own: Great Expectations fails in silence beside pyspark.
$(VENV)-spark/.installed: requirements-spark.lock | $(BIN)/python
	@echo "installing Spark into $(VENV)-spark (455 MB to fetch)"
	@"$(PYTHON)" -m venv $(VENV)-spark
	@$(VENV)-spark/bin/python -m pip --disable-pip-version-check --no-input install \
		--quiet --require-hashes -r requirements-spark.lock
	@touch $@

# An environment of its own: Superset wants older releases of half of what we stand on.
$(VENV)-superset/.installed: requirements-superset.lock | $(BIN)/python
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] > (3, 12))' || { \
		echo "Superset needs Python 3.11 or 3.12:" \
			"make superset PYTHON=/path/to/python3.12" >&2; exit 2; }
	@echo "installing Superset into $(VENV)-superset (300 MB to fetch)"
	@"$(PYTHON)" -m venv $(VENV)-superset
	@$(VENV)-superset/bin/python -m pip --disable-pip-version-check --no-input install \
		--quiet --require-hashes -r requirements-superset.lock
	@touch $@
