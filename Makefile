# Everything runs from .venv, which is made from the lock files whenever they change.
# Needs Python 3.11 to 3.14, pip and make; packages come from whatever index pip is set up with.

# The machine's own python3 where it is one of these; the others are tried by running them.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$one -c '$(SUPPORTED)' 2>/dev/null && echo $$one && break; done)
BIN := .venv/bin
PIP_FLAGS := -qq --disable-pip-version-check --no-input
FROM_LOCK := --require-hashes --no-deps -r

.PHONY: help demo test static pythons check format docs serve bench nightly foreign lock clean
.DEFAULT_GOAL := help

# Tests start Python some hundred times: compiled modules are kept beside their sources (git ignores them).
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo          fill, sign, judge and count 400 mock dossiers, then print the figures"
	@echo "make demo SERVE=1  the same deployment, left running, with an address, a token and a line to try"
	@echo "make test          the tests"
	@echo "make check         static checks (format, lint, types, layers), then the tests: what CI holds"
	@echo "make static        the static checks alone, in seconds"
	@echo "make pythons       every Python from 3.11 to 3.14: does the lock resolve, do the types hold?"
	@echo "make docs          write docs/threats.md, schemas/forms.md and schemas/openapi.json again from tests, schemas and code"
	@echo "make serve         the gateway alone, set up by its GATEWAY_* environment"
	@echo "make bench         the benchmarks, into bench/results/latest.json"
	@echo "make foreign       install others' verifiers that the tests then ask as well (Python 3.12)"
	@echo "make nightly       the long checks in parts of at most 100 minutes; RESUME=1 goes on where it stopped"
	@echo "make lock          write the lock files again from pyproject.toml"
	@echo "make clean         remove .venv and every cache"

demo: .venv/run.stamp
	@$(BIN)/gateway demo $(if $(SERVE),--serve)

# One file stays on one worker: fixtures that install or listen are then made once. Some workers more
# than processors: many a test waits for a disk or a process.
WORKERS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
test: .venv/dev.stamp
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

static: .venv/dev.stamp
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo --no-cache

check: static
	@$(MAKE) --no-print-directory test

pythons: .venv/dev.stamp
	@$(BIN)/python -m tests.pythons

format: .venv/dev.stamp
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/dev.stamp
	@$(BIN)/python -m tests.threats.register
	@$(BIN)/gateway openapi schemas/openapi.json
	@$(BIN)/gateway forms review --write

serve: .venv/run.stamp
	@$(BIN)/gateway serve

bench: .venv/dev.stamp
	@$(BIN)/python -m bench

# The verifiers of others that the tests ask need a newer Python: make foreign PYTHON312=/path/to/python3.12
PYTHON312 ?= python3.12
foreign:
	@$(PYTHON312) -m venv build/foreign
	@build/foreign/bin/python -m pip install $(PIP_FLAGS) aics-tlog aics-witness

nightly: .venv/dev.stamp
	@$(BIN)/python -m tests.nightly $(if $(RESUME),--resume)

# A Debian without python3-venv has no ensurepip: there the pip beside $(PYTHON) installs into .venv.
.venv/bin/python:
	@"$(or $(PYTHON),none)" -c '$(SUPPORTED)' 2>/dev/null \
	  || { echo "Python 3.11, 3.12, 3.13 or 3.14 is needed; name it with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv \
	  || { echo "python3 cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what the gateway runs on into .venv (once, and again when the lock changes) ..."
	@$(call pip,install $(PIP_FLAGS) $(FROM_LOCK) requirements.lock)
	@$(call pip,install $(PIP_FLAGS) --no-deps --no-index --no-build-isolation --editable .)
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	@echo "Installing what the tests and checks need into .venv ..."
	@$(call pip,install $(PIP_FLAGS) $(FROM_LOCK) requirements-dev.lock)
	@touch $@

pip = if $(BIN)/python -m pip --version >/dev/null 2>&1; then $(BIN)/python -m pip $(1); \
	else $(PYTHON) -m pip --python $(BIN)/python $(1); fi

COMPILE := build/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe \
	--build-deps-for editable --no-header --no-annotate --no-emit-options --no-emit-index-url \
	--no-emit-trusted-host --no-emit-find-links

lock:
	@$(PYTHON) -m venv build/lock && build/lock/bin/python -m pip install $(PIP_FLAGS) pip-tools
	@$(COMPILE) $(UPGRADE) --output-file requirements.lock pyproject.toml
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	@sed -i -e '/^#/d' -e '/^$$/d' requirements.lock requirements-dev.lock

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
