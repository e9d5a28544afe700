# Each target sets up what it needs, once: a virtual environment out of locked and hashed packages, and for the tests
# the services that tests/services brings in (`make test` as root on Debian, or see the words it prints).

PYTHON ?= python3
UV ?= uv
ARGS ?=

BIN := .venv/bin
RUNTIME := .venv/runtime.done
DEV := .venv/dev.done
SECRETS := .venv/secrets.done
CONSOLE := .venv/console.done
COMMITTED := $(wildcard $(shell git ls-files 2>/dev/null))
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test check accept debian13 bench bench-boards bench-backtest boards pictures lint audit format services lock clean clean-services
.DEFAULT_GOAL := help

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## A duty day of 60 recorders in two minutes: broker, database, server, console; Ctrl-C ends it
	@$(BIN)/recorder-fleet demo $(ARGS)

test: $(DEV) services ## All tests but the long form of the acceptance tests; ARGS="-k word" narrows them
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint ## Lint, types, import contracts, quick unit and property tests: a minute on two cores, no services
	@$(BIN)/python -m pytest --quiet -n auto -m "not slow" --hypothesis-profile=quick $(wildcard tests/unit tests/property) $(ARGS)

accept: $(DEV) services ## The acceptance tests in full
	@RECORDER_FLEET_ACCEPT=full $(BIN)/python -m pytest -o faulthandler_timeout=5400 tests/acceptance \
	    tests/browser/test_console_wall.py tests/property/test_decode_corpus.py $(ARGS)
	@PYTHONPATH=tests $(BIN)/python -m services.clean_debian

debian13: $(DEV) ## make check and the broker's tests in a clean Debian 13 with its own Python (needs root); make accept does it too
	@PYTHONPATH=tests $(BIN)/python -m services.clean_debian $(ARGS)

bench: $(DEV) services ## Rates, latencies, the cost of ticks, the console's map: tables and build/*.json
	@PYTHONPATH=tests $(BIN)/python tests/bench/run.py $(ARGS)
	@PYTHONPATH=tests $(BIN)/python tests/bench/ticks.py
	@PYTHONPATH=tests $(BIN)/python tests/bench/console.py

bench-boards: $(DEV) services ## Every query of every Grafana board at 5,000 recorders: ten minutes, and 15 GB for that long
	@PYTHONPATH=tests $(BIN)/python tests/bench/boards.py $(ARGS)

bench-backtest: $(DEV) ## A back-test of 1,000 recorders' day, 5 million messages: ten minutes
	@PYTHONPATH=tests $(BIN)/python tests/bench/backtest.py $(ARGS)

boards: $(DEV) ## Write the words for console and boards, and the Grafana boards, anew
	@$(BIN)/python -m telemetry.web.vocabulary_file
	@$(BIN)/python -m dashboards.build

pictures: $(DEV) services ## The console's pages as pictures, into docs/console/
	@RECORDER_FLEET_SCREENSHOTS=write $(BIN)/python -m pytest -q $(addprefix tests/browser/test_,console_day.py \
	    console_pages.py console_doors.py console_map.py) $(ARGS)

lint: $(DEV) $(SECRETS) $(CONSOLE) ## Ruff, mypy, the import contracts, the secrets scan; types and lint of the console's scripts where Node is
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@MYPYPATH=tests $(BIN)/mypy --explicit-package-bases tests/services tests/conftest.py
	@$(BIN)/lint-imports --no-logo

# Both take longer than the rest of `lint`, so they look only at what changed since the last time.
$(SECRETS): $(COMMITTED) | $(DEV)
	@echo $(if $(filter .secrets.baseline,$?),$^,$?) | xargs -n 250 -P 4 $(BIN)/detect-secrets-hook --no-verify --baseline .secrets.baseline
	@touch $@

$(CONSOLE): $(filter telemetry/web/console/% tests/console_check/% docs/openapi.json,$(COMMITTED)) | $(DEV)
	@PYTHONPATH=tests $(BIN)/python -m services.console_check
	@if command -v npm >/dev/null; then touch $@; fi

audit: $(DEV) ## Hold the locked packages against the known vulnerabilities; out of reach it says NOT AUDITED and exits 3
	@PYTHONPATH=tests $(BIN)/python -m services.dependency_audit requirements.lock

format: $(DEV) ## Format the code
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

services: $(DEV) ## Bring mosquitto and both editions of TimescaleDB onto this machine
	@PYTHONPATH=tests $(BIN)/python -m services.prepare

lock: ## Write the lock files anew from pyproject.toml; UV names the uv to use
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	    --upgrade --extra embedded --group build pyproject.toml --output-file requirements.lock
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	    --upgrade --extra embedded --group build --group dev --constraint requirements.lock \
	    pyproject.toml --output-file requirements-dev.lock

clean: ## Delete the virtual environment and what was built
	@rm -rf .venv build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache

clean-services: ## Delete what `make services` unpacked here
	@rm -rf --one-file-system .services tests/services/community/node_modules tests/console_check/node_modules

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, $(PYTHON) is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'Python has no venv here; on Debian: apt-get install python3-venv'; exit 1; }
	@$(PYTHON) -m venv --clear .venv

# The project itself goes in last, by the locked build back-end and without a look at its dependencies again.
$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/pip
	@echo 'Setting up .venv (once, half a minute) ...'
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/pip
	@echo 'Setting up .venv for the tests (once, half a minute) ...'
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(RUNTIME)
