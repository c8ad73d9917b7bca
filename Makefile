# Every command of the project; `make` alone lists them.

PYTHON ?= python3
VENV := .venv/bin/python
MEMBERS := shared services/identity-service services/ticket-service services/notify-service \
	services/analytics-service gateway deploy/local
LOCK := $(VENV) -m uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.11
export PORT HOST PUBLIC_URL

.DEFAULT_GOAL := help
.PHONY: help env test-env run down status logs reset resync replay audit-verify test check bench faults \
	lighthouse screenshots docs assets secrets lock

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env:
	@$(PYTHON) deploy/local/install.py

test-env:
	@$(PYTHON) deploy/local/install.py --test

run: env assets ## start everything on this machine (PORT=8000); Ctrl-C stops it
	@exec $(VENV) -m local up

down: ## stop what `make run` started, from another terminal
	@$(VENV) -m local down

status: ## show what runs, where, and how much memory it takes
	@$(VENV) -m local status || true

logs: ## follow the log of one process: make logs SERVICE=ticket-service
	@$(VENV) -m local logs $(SERVICE)

reset: ## stop everything and delete all data of this machine's portal
	@$(VENV) -m local reset

resync: ## publish the present state of a family again: make resync FAMILY=user
	@$(VENV) -m local resync $(FAMILY)

replay: ## try dead letters again: make replay [SERVICE=notify-service] [IDS="…"]
	@$(VENV) -m local replay --service "$(SERVICE)" $(IDS)

audit-verify: ## check the audit log's chain of hashes [HEAD=as noted earlier]
	@$(VENV) -m local audit-verify $(HEAD)

test: test-env assets ## run all tests on real servers
	@$(VENV) -m local.prerequisites
	@$(VENV) -m pytest $(TESTS)

check: test-env ## style, types, who imports whom, generated documents
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@$(VENV) -m mypy
	@.venv/bin/lint-imports
	@$(VENV) -m local.docs --check

bench: test-env assets ## measure speed and memory; one table
	@$(VENV) -m local.prerequisites
	@$(VENV) -m tests.bench

faults: test-env assets ## the fault tests in full number; writes docs/faults.md
	@$(VENV) -m local.prerequisites
	@$(VENV) -m pytest tests/faults --full

lighthouse: test-env assets ## what Lighthouse thinks of the pages that matter most
	@$(VENV) -m local.prerequisites
	@$(VENV) -m tests.browser.lighthouse

screenshots: test-env assets ## pictures of every page into docs/screenshots
	@$(VENV) -m local.prerequisites
	@$(VENV) -m tests.browser.screenshots

docs: env ## write the generated documents again
	@$(VENV) -m local.docs

assets: env ## fetch scripts and styles for the pages (needs the npm registry once)
	@$(VENV) -m local.assets

secrets: env ## for docker-compose.yml: fill .env and .secrets/ with what is missing
	@$(VENV) -m local.compose

lock: test-env ## pin what the pyproject files and package.json name (UPGRADE=--upgrade: newest)
	@$(LOCK) --no-emit-package tanggap-shared $(MEMBERS:%=%/pyproject.toml) \
		-o requirements.lock $(UPGRADE)
	@$(LOCK) --group test -c requirements.lock -o requirements-test.lock $(UPGRADE)
	@$(LOCK) --group node -o requirements-node.lock $(UPGRADE)
	@$(VENV) -m local.assets --lock
