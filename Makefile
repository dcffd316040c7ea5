# One command to run, one to test. Everything is installed into .venv, nothing outside it but, on a Debian
# without it, the package that lets Python make a .venv.

PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
	command -v $$each >/dev/null && $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$each && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
JOBS ?= 2

ON_POSTGRESQL := $(addprefix tests/,desk filing/test_batch.py filing/test_machines.py filing/test_minimal.py filing/test_notices.py \
	filing/test_threads.py erasing/test_erasure.py http/test_api.py outbound/test_sender.py)

FUZZ_TOOLS = $(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["fuzz"], sep="\n")' \
	| xargs -d '\n' $(BIN)/python -m pip --disable-pip-version-check --quiet install

.DEFAULT_GOAL := help
.PHONY: help run test test-postgresql lint types imports check torture bench clean

help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile

run: $(INSTALLED) ## Set up everything and run the gateway on a sample directory.
	@$(BIN)/gateway migrate >/dev/null
	@test -n "$$($(BIN)/gateway directory list accounts --limit 1 --json)" \
		|| $(BIN)/gateway directory import deploy/sample
	@exec $(BIN)/gateway serve

test: $(INSTALLED) ## Run all tests.
	@$(BIN)/pytest -n $(JOBS) $(TESTS)

test-postgresql: $(INSTALLED) ## Run those tests on PostgreSQL that are of the store and not of SQLite.
	@TEST_BACK_END=postgresql $(BIN)/pytest -n $(JOBS) $(ON_POSTGRESQL)

lint: $(INSTALLED) ## Look at style.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(INSTALLED) ## Check types.
	@$(BIN)/mypy

imports: $(INSTALLED) ## Check who imports whom.
	@$(BIN)/lint-imports

check: lint types imports test ## All of it.

torture: $(INSTALLED) ## Attack the daemon from all sides; QUICK=1 in short, ROWS="kills disk" only those.
	@$(if $(QUICK),true,$(FUZZ_TOOLS) || echo "atheris cannot be installed: the fuzz is left to chance" >&2)
	@$(BIN)/python -m tests.torture $(if $(QUICK),--quick,--write docs/torture.md) $(ROWS)

bench: $(INSTALLED) ## Measure the gateway beside its peers; QUICK=1 to see that it works, ROWS="accept filed" only those.
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick,--write docs/benchmarks.md) $(ROWS)

clean: ## Take away what was installed and cached; data in var/ stays.
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*

$(INSTALLED): pyproject.toml
	@./deploy/make-venv "$(PYTHON)" $(VENV)
	@touch $@
