# Everything a newcomer needs; `make` alone lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: help up test check bench env format lock openapi clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(STAMP) ## Start kith with the demo community; Ctrl-C stops it
	@exec $(BIN)/kith up

test: $(STAMP) ## Run the tests
	$(BIN)/pytest -q -n 2 --dist loadgroup

env: $(STAMP) ## Create the environment alone

$(STAMP): requirements.lock api/pyproject.toml connectors/pyproject.toml workers/pyproject.toml
	@echo "Creating .venv from the hashed lock file ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation \
		--editable connectors --editable api --editable workers
	@touch $@

lock: ## Resolve the dependencies again (hashes, no addresses)
	$(BIN)/uv export --quiet --no-header --no-annotate --no-emit-workspace --all-packages --all-extras --group dev \
		--format requirements-txt --output-file requirements.lock
