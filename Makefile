# Every command that people and CI run. `make` alone lists them.
SOURCE ?= sample
DATA_DIR ?=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'
	@echo
	@echo "Real data:   make build SOURCE=taiwan DATA_DIR=path/to/folder"

.PHONY: setup setup-dev lock build refit report site test lint unit integration browser bench bench-scale sample clean

setup: $(VENV)/.runtime  ## Install what a build needs into .venv
setup-dev: $(VENV)/.dev  ## Install what the checks need as well

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Stopped. $$($(PYTHON) --version) is too old: Python 3.11 or newer is needed. Install one and pass PYTHON=python3.12, say." >&2; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements.txt pyproject.toml
	@echo "Installing requirements.txt (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@echo "Installing requirements-dev.txt"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

lock: setup  ## Pin every dependency anew, with hashes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-strip-extras --universal \
		--python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-strip-extras --universal \
		--python-version 3.11 --custom-compile-command "make lock" --extra dev -c requirements.txt \
		pyproject.toml -o requirements-dev.txt

build: setup  ## Build, test and publish a source, and render its report
	@$(BIN)/customer-segmentation build --source $(SOURCE) $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

refit: setup  ## The same, with a new fit of the segment model
	@$(BIN)/customer-segmentation build --refit --source $(SOURCE) $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

report: setup  ## Render the report of a published source again
	@$(BIN)/customer-segmentation report --source $(SOURCE)

site: setup  ## Build the Evidence site of a published source (needs Node.js)
	@$(BIN)/customer-segmentation evidence --source $(SOURCE)

test: lint  ## Run every check: lint, dbt tests, pytest, browser tests
	@$(BIN)/python -m pytest

lint: setup-dev  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m sqlfluff lint --disable-progress-bar --processes 2 models $(wildcard tests/dbt/*.sql) analyses

unit: setup-dev  ## Run the fast tests
	@$(BIN)/python -m pytest tests/python/unit

bench: setup-dev  ## Measure recovery, refits, the choice of k and baselines; write docs/BENCHMARKS.md
	@$(BIN)/python -m customer_segmentation.benchmarks $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

bench-scale: setup-dev  ## Time scan and fit on a million customers; write docs/BENCHMARKS_SCALE.md
	@$(BIN)/python -m customer_segmentation.benchmarks.scale

sample: setup  ## Generate the travelling sample lender again
	@$(BIN)/python -m customer_segmentation.sample_lender --customers 3000 --seed 20260101 --out data/sample --force

clean:  ## Remove what builds leave behind, published databases excepted
	@rm -rf target logs reports/html reports/evidence reports/.evidence warehouse/build/*.duckdb warehouse/build/spill .pytest_cache .mypy_cache .ruff_cache
