.PHONY: install install-dev demo demo-reset up check test coverage soak bench screenshots lock sbom
.SILENT:
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
EMULATOR_PORT ?= 8900
export PORT EMULATOR_PORT COMPANY

PIP := $(PY) -m pip install --disable-pip-version-check --require-hashes

$(VENV)/.runtime: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 is needed; name it: make demo PYTHON=...")'
	echo "Installing what the project needs into $(VENV): about a minute, once"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.lock
	touch $@

SDK := deals/pipedrive/sdk
# The vendor's script for frames in Pipedrive comes from its package; npm comes with the package that has Node.js.
$(SDK)/node_modules/.installed: $(SDK)/package-lock.json $(SDK)/requirements.lock $(VENV)/.runtime
	$(PIP) --quiet -r $(SDK)/requirements.lock
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent --prefix $(SDK)
	touch $@

# Programs of others that tests run against the emulators and pages.
tests/npm/node_modules/.installed: tests/npm/package-lock.json $(SDK)/node_modules/.installed
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent --prefix tests/npm
	touch $@

$(VENV)/.dev: tests/npm/node_modules/.installed requirements-dev.lock $(VENV)/.runtime $(SDK)/node_modules/.installed
	echo "Installing what the checks and tests need"
	$(PIP) -r requirements-dev.lock
	touch $@

install: $(VENV)/.runtime $(SDK)/node_modules/.installed
install-dev: $(VENV)/.dev

demo: install  ## the CRM with demo data and a QuickBooks emulator
	$(PY) -m crm_invoicing.supervisor --demo

demo-reset: install  ## the same, its data forgotten first
	$(PY) -m crm_invoicing.supervisor --demo --fresh

up: install  ## this installation, without the demo
	$(PY) -m crm_invoicing.supervisor

# Types take most of the time and one core; the rest is checked beside them.
check: $(VENV)/.dev  ## style, types, import contracts, migrations, deployment settings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	DATA_DIR=build/check-types $(VENV)/bin/mypy crm_invoicing deals quickbooks_bridge qbo_emulator pipedrive_emulator manage.py tests bench soak & types=$$!; \
	$(VENV)/bin/lint-imports && \
	$(PY) -m tests.house_rules && \
	$(VENV)/bin/vulture && \
	DATA_DIR=build/check $(PY) manage.py makemigrations --check --dry-run && \
	DATA_DIR=build/check PUBLIC_URL=https://crm.example QUICKBOOKS_CLIENT_ID=x QUICKBOOKS_CLIENT_SECRET=x $(PY) manage.py check --deploy --fail-level WARNING; \
	rest=$$?; wait $$types && exit $$rest

test: $(VENV)/.dev  ## everything, with a real browser where there is one
	$(PY) -m tests.run_all

coverage: $(VENV)/.dev  ## everything too, and how much of the product the tests in one process reach; takes twice the time
	COVERAGE=1 $(PY) -m tests.run_all

soak: $(VENV)/.dev  ## the fault tests at length, one table at the end (SOAK_CREATIONS and others give sizes)
	$(PY) -m soak.scorecard begin
	GENERATED_INVOICES=$${GENERATED_INVOICES:-10000} DATA_DIR=build/soak/test $(PY) -m pytest -q tests/bridge/test_generated.py
	SOAK=1 DATA_DIR=build/soak/test $(PY) -m pytest -q -s soak; ended=$$?; $(PY) -m soak.scorecard && exit $$ended

bench: $(VENV)/.dev  ## counts and ratios, side by side; a quarter of an hour (BENCH_INVOICES and others give sizes)
	$(PY) -m bench

screenshots: $(VENV)/.dev  ## the pictures of README, made by the browser walk
	SCREENSHOTS=docs/img DATA_DIR=build/test $(PY) -m pytest -q tests/e2e tests/ui/test_frame.py tests/ui/test_pipedrive.py

# Which index is asked is the business of uv's or pip's own settings; none is written down.
UV_COMPILE = $(VENV)/bin/uv pip compile pyproject.toml --extra emulator --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 -q --no-header

lock:  ## resolve the dependencies anew
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	test -x $(VENV)/bin/uv || $(PY) -m pip install --quiet --disable-pip-version-check uv
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock

sbom: $(VENV)/.dev  ## what the product is built of, with hashes: build/sbom.cdx.json (CycloneDX)
	mkdir -p build
	$(VENV)/bin/cyclonedx-py requirements --output-reproducible --of JSON -o build/sbom.cdx.json requirements.lock
