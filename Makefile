# crm-tui needs Python 3.11 or newer and make. Everything else is put into .venv, locked by hash.
#
#   make demo     the console on a demo studio in the middle of its evening
#   make test     the tests, on SQLite and, where a server is installed, on PostgreSQL
#   make check    style, types, layers, catalogues
#   make bench    every claim about speed, measured; written to bench/results.md
#   make faults   the fault tests at full length (100 kills instead of a few)
#   make lock     the lock files, made anew from pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults lock clean

BIN := .venv/bin
READY := .venv/ready
# Tests wait for other processes and for idle screens half of their time: three share two cores.
JOBS ?= 3

usable = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
            $(shell $(name) -c '$(usable)' 2>/dev/null && echo $(name))))

help:
	@sed -n 's/^#   //p' Makefile

demo: $(READY)
	@$(BIN)/crm-tui demo

# Whatever the surroundings say, what pytest and Python make of a file is kept: each of the
# processes of a run would make it anew.
test faults: export PYTHONDONTWRITEBYTECODE =
test: $(READY)
	$(BIN)/pytest -n $(JOBS) --dist worksteal

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/messages.py check

bench: $(READY)
	$(BIN)/python -m bench.run $(BENCH)

faults: $(READY)
	CRM_TUI_LONG_TESTS=1 $(BIN)/pytest -n $(JOBS) --dist worksteal tests/faults

# uv resolves for every platform and Python at once; it is needed here only.
lock: $(READY)
	$(BIN)/python -m venv build/lock && build/lock/bin/pip install --quiet uv
	build/lock/bin/uv pip compile $(UV_LOCK) --extra postgres --output-file requirements.lock pyproject.toml
	build/lock/bin/uv pip compile $(UV_LOCK) --extra postgres --group dev --output-file requirements-dev.lock pyproject.toml

UV_LOCK = --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements-dev.lock pyproject.toml
	$(if $(PYTHON),,$(error crm-tui needs Python 3.11 or newer with its venv module (Debian, Ubuntu: apt install python3-venv). Name one with: make PYTHON=/path/to/python3))
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q crm_tui
	touch $@
