# Everything a newcomer needs; `make` alone lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
PY := .venv/bin/python
# Stamps: what kith needs to run, and what its developers need besides. Each holds the folder it was made in, because
# an environment does not survive a move.
RUN := .venv/.run
DEV := .venv/.dev
$(foreach stamp,$(RUN) $(DEV),$(shell test -x $(PY) && grep -qsxF '$(CURDIR)' $(stamp) || rm -f $(stamp)))
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-deps
SOURCES := api/src connectors/src workers/src tests

.PHONY: help up test labs races conformance upgrades nodes images check style types contract bench tiers env format lock openapi clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(RUN) ## Start kith with the demo community; Ctrl-C stops it
	@exec $(PY) -m kith.cli up

test: $(DEV) ## Run the tests
	$(PY) -m pytest -q -rs -n 2 --dist loadfile --no-loadscope-reorder

labs: $(DEV) ## Try connectors on the real servers of others; say which could not be started, and why
	LABS=all $(PY) -m pytest -q -rs --timeout 1800 tests/labs

races: $(DEV) ## Play each race for what may happen once 200 times, also while processes are killed
	RACES=200 $(PY) -m pytest -q -rP --timeout 1800 tests/integration/oauth tests/integration/workers/test_deliver.py \
		-k 'at_once_one or whatever_is_killed or killed_again'

conformance: $(DEV) ## Let programs of others try the API twenty times as long as make test does
	CONFORMANCE=all $(PY) -m pytest -q -rs --timeout 1800 tests/conformance

upgrades: $(DEV) ## Upgrade what each earlier version stored; make test takes every fourth version
	UPGRADES=all $(PY) -m pytest -q -rs --timeout 1800 tests/integration/upgrade

nodes: $(DEV) ## List the statements that would fail where tables are spread over several nodes by Citus
	STATEMENTS=all $(PY) -m pytest -q -rs -n 2 --dist loadfile --no-loadscope-reorder tests/integration

images: $(DEV) ## Build the images without a container engine, as root, and start them
	IMAGES=all $(PY) -m pytest -n 0 tests/images

check: style types contract ## Format, lint, types, import contracts, OpenAPI lint, drift and breaks; also with -j2

style: $(DEV)
	$(PY) -m ruff format --check $(SOURCES)
	$(PY) -m ruff check $(SOURCES)
	.venv/bin/lint-imports

types: $(DEV)
	$(PY) -m mypy

contract: $(DEV)
	$(PY) -m kith.api.openapi --check
	$(PY) -m kith.api.compare openapi/released.json openapi/kith.json
	openapi/lint

bench: $(DEV) ## Measure: each part prints a table
	@for file in tests/bench/[a-z]*.py; do $(PY) -m tests.bench.$$(basename $$file .py) || exit 1; done

tiers: $(DEV) ## Compute again how far each connector was tried, from what the conformance kit finds
	find connectors -name '*.verdict.json' -delete
	$(PY) -m pytest -q -n 2 --kith-verdicts beside tests/conformance/connectors tests/unit/connectors tests/labs
	find tests -name '*.verdict.json' -delete

env: $(DEV) ## Create the environment alone; all but the first make check then works offline

format: $(DEV) ## Format the code and mend what the linter can
	$(PY) -m ruff format $(SOURCES)
	$(PY) -m ruff check --fix $(SOURCES)

lock: ## Resolve the dependencies again, in an environment that make env has made (hashes, no addresses)
	$(LOCK) --no-dev --group build --output-file requirements.lock
	$(LOCK) --group dev --output-file requirements-dev.lock
LOCK := $(PY) -m uv export --quiet --no-header --no-annotate --no-emit-workspace --all-packages --all-extras \
	--format requirements-txt

openapi: $(DEV) ## Write openapi/kith.json from the code
	$(PY) -m kith.api.openapi

clean: ## Remove the environment and what tools leave behind, not the data in .kith
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(RUN): requirements.lock api/pyproject.toml connectors/pyproject.toml workers/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kith needs Python 3.11 or newer; $(PYTHON) is older. Name another: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
	@echo "Creating .venv from the hashed lock file; this takes a minute the first time ..."
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-build-isolation --editable connectors --editable api --editable workers
	@echo '$(CURDIR)' > $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "Adding the developers' tools ..."
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@echo '$(CURDIR)' > $@
