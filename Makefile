# Everything for a fresh machine with Python 3.11+, Node 20+ and make. `make` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# Compiled modules are kept, whatever the machine is set to: compiling tests and product anew in every process that tests
# start is half of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-clean run test test-python test-forge test-quiet test-stories unit check prove bench clean browser prerequisites

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 14

prerequisites:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python is too old: install Python 3.11 or newer."; exit 1; }
	@command -v node >/dev/null || { echo "Node is missing: install Node 20 or newer (it brings npm)."; exit 1; }
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "Node is too old: install Node 20 or newer."; exit 1; }
	@command -v npm >/dev/null || { echo "npm is missing: install Node 20 or newer with npm."; exit 1; }

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up Python packages in $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

node_modules/.ready: package.json package-lock.json
	@echo "Setting up Node packages in node_modules …"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

backend/web/static/vendor/.ready: node_modules/.ready $(VENV)/.ready backend/web/vendor.py backend/web/vendor.lock
	@$(BIN)/python -m backend.web.vendor
	@touch $@

setup: prerequisites $(VENV)/.ready node_modules/.ready backend/web/static/vendor/.ready ## install everything into .venv and node_modules

demo: setup ## play a small brand's story on this machine and open the doors
	@exec $(BIN)/jiulian demo

demo-clean: ## stop what a demo left behind and remove its data
	@if test -x $(BIN)/jiulian; then $(BIN)/jiulian demo --clean; else rm -rf .jiulian; fi

run: setup ## the same house without the story; what runs our code starts again when it changes
	@exec $(BIN)/jiulian run

browser:
	@$(BIN)/python -m backend.demo.browser

check: setup ## ruff, mypy, import contracts, contract artifacts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python contracts/scripts/check_abi.py

unit: setup ## unit and architecture tests, without the few slow ones: half a minute
	$(PYTEST) -q -n 2 --dist loadfile -m "not slow" tests/unit tests/architecture

# Solidity has a lane of its own beside Python's, which wait for nodes and notices a third of the time. Tests that say how
# long something takes run alone, after those that keep all cores busy; whole stories come last. A failure is a failure.
test: setup browser ## all tests, some of them in a real Chromium, and whole stories
	@$(MAKE) --no-print-directory -j 2 test-forge test-python
	@$(MAKE) --no-print-directory test-quiet
	@$(MAKE) --no-print-directory test-stories

test-forge:
	$(PYTEST) -q -m forge tests/contract

test-python:
	$(PYTEST) -q -n 3 --dist loadfile --no-loadscope-reorder --durations=12 -m "not benchmark and not simulation and not quiet and not forge"

test-quiet:
	$(PYTEST) -q -m "quiet and not benchmark"

test-stories:
	$(PYTEST) -q -n 2 --dist loadfile --no-loadscope-reorder --durations=3 -m "simulation and not benchmark"

# Every test file that asks for JIULIAN_PROVE does more under it: they are found, so that no list of them gets old.
prove: setup browser ## long fuzzing, invariants, five stories and crash campaigns
	$(BIN)/python contracts/scripts/prove.py
	JIULIAN_PROVE=1 $(PYTEST) -q -n 2 --dist loadfile --no-loadscope-reorder -m "not benchmark and not simulation and not quiet" $$(grep -rl --include='*.py' JIULIAN_PROVE tests)
	JIULIAN_PROVE=1 $(PYTEST) -q -n 2 --dist loadfile --no-loadscope-reorder -m "simulation and not benchmark"

bench: setup ## measure, beside a baseline from the same run
	$(BIN)/jiulian bench all
	$(BIN)/jiulian bench capture
	$(BIN)/jiulian bench lists

clean: demo-clean ## remove everything that was set up
	rm -rf $(VENV) node_modules artifacts cache out backend/web/static/vendor
