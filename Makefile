# Everything here needs only python3 (3.10 or newer) with venv; the rest is installed from requirements/ into .venv.
# `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := $(CURDIR)/.venv
PY := $(VENV)/bin/python
# .venv/bin has the Node of the lock too, so that everyone builds and tests with the same one.
export PATH := $(VENV)/bin:$(PATH)
unexport PYTHONPATH VIRTUAL_ENV
# Without compiled modules each of the some hundred kernels that the tests start would compile them all again.
unexport PYTHONDONTWRITEBYTECODE

# A stage has a quick part, which `make test` runs, and some have a long one: `make test-long` is the same with LONG=1.
# Tests marked `long` are left out by the mark, since a skipped test counts as failed.
LONG ?=
# Which sample of what is long. `make test` is the same each time; `make test-long` takes another one, which it prints.
ifndef STREAMCELL_SEED
STREAMCELL_SEED := $(if $(LONG),$(shell date +%s),0)
endif
export STREAMCELL_SEED
PART := -m "$(if $(LONG),long,not long)"
PYTEST := $(PY) -m pytest
# Suites that need a browser, Node or a server of their own have targets of their own.
PYTHON_SUITE := tests --ignore=tests/browser --ignore=tests/frontends --ignore=tests/peers \
	--ignore=tests/libraries
# These pack and read this checkout, which is the same under every interpreter.
MAIN_ONLY := --ignore=tests/typing --ignore=tests/test_wheel.py --ignore=tests/test_repository.py \
	--ignore=tests/test_headless.py --ignore=tests/test_lessons.py --ignore=tests/test_static.py --ignore=tests/test_processes.py --ignore=tests/test_stages.py \
	--ignore=tests/faults/test_soak.py --ignore=tests/faults/test_compositions.py --ignore=tests/faults/test_limited.py
# These are about many cells at once, whatever SDK reads for them.
NO_SDK := test_soak.py test_compositions.py test_limited.py
FAULTS := tests/faults $(addprefix --ignore=tests/faults/,$(NO_SDK))
# What differs between interpreters, if anything does: syntax, typing, asyncio, the HTTP libraries.
ON_EVERY_PYTHON := tests/test_imports.py tests/test_cell.py tests/sources/test_contract.py tests/sources/test_clients.py

# The longest first: two are run side by side, and the shorter ones fill the time beside it.
STAGES := lint test-browser test-js test-python test-openai2 test-pythons test-frontends test-aimock
LONG_STAGES := test-browser test-js test-python test-openai2 test-pythons test-frontends test-libraries

.PHONY: help canary demo test test-long lint format faults tables notebooks gallery bench bench-wire bench-first-token bench-lag bench-cells bench-memory bench-renderer bench-attacks bench-highlighters lock upgrade build build-element clean env front-end node-modules peer-modules element-modules bench-modules \
	screenshot test-js test-python test-pythons test-openai2 test-aimock test-browser test-frontends test-libraries test-peers fuzz

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 15

# What an installation and a build print is shown only when one fails.
demo: ## open JupyterLab on the lessons (NAME=quickstart: on one), with the rehearsal server: no key needed
	@test -e .venv/.made-from || echo "Installing into .venv and building the front end, once; it takes a minute or two."
	@mkdir -p build && { $(MAKE) env > build/env.log 2>&1 || { cat build/env.log; exit 1; }; }
	@$(VENV)/bin/streamcell demo $(NAME)

test: env node-modules ## everything that must pass before each change: the stages below, two at a time
	@$(PYTHON) scripts/stages.py test $(STAGES)

test-long: env node-modules ## what `make test` leaves out: long cuts, the soak, heaps, every front end, every prefix, whole suites elsewhere
	@LONG=1 $(PYTHON) scripts/stages.py test-long $(LONG_STAGES)

lint: env node-modules ## ruff, mypy, biome, tsc
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	cd js && npm run --silent lint
	cd js && npm run --silent typecheck

format: env node-modules ## let ruff and biome put the sources in form
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .
	cd js && npx biome check --write .

test-js: env node-modules ## the front end's suite (vitest)
	cd js && STREAMCELL_LONG=$(LONG) npm test

# FUZZ_COUNT=… and FUZZ_SEED=… make another run; a failure names its seed and the shortest document that fails.
FUZZ_COUNT ?= 500000
ifndef FUZZ_SEED
FUZZ_SEED := $(shell date +%s)
endif

fuzz: env node-modules ## nightly: the Markdown engine on generated documents, streamed against whole
	@echo "FUZZ_COUNT=$(FUZZ_COUNT) FUZZ_SEED=$(FUZZ_SEED)"
	cd js && STREAMCELL_FUZZ_COUNT=$(FUZZ_COUNT) STREAMCELL_FUZZ_SEED=$(FUZZ_SEED) \
		npx vitest run test/markdown/properties.test.ts -t generated

test-python: env ## the Python suite on the main interpreter
	$(PYTEST) $(PYTHON_SUITE) -n 2 --dist loadfile --no-loadscope-reorder $(PART)

test-pythons: env ## the heart of the Python suite (LONG=1: all of it) on Python 3.10 and on the newest Python of the machine
	$(PY) scripts/other_pythons.py -- $(if $(LONG),$(PYTHON_SUITE) $(MAIN_ONLY),$(ON_EVERY_PYTHON)) -m "not long"

test-openai2: env ## what all sources promise (LONG=1: all of them, and the faults) with openai 2.x
	$(PY) scripts/environment.py openai2
	.venvs/openai2/bin/python -m pytest $(if $(LONG),tests/sources $(FAULTS),tests/sources/test_contract.py tests/sources/test_clients.py tests/test_structured.py) -m "not long"

# What we rely on of ipykernel, ipywidgets, anywidget and the SDK, against what comes next. Needs the registries.
canary: env ## a part of the suite with the newest releases and pre-releases of what we stand on
	$(PY) -m uv venv --quiet --clear --python $(PY) .venvs/canary
	$(PY) -m uv pip install --quiet --prerelease allow --python .venvs/canary/bin/python -r requirements/test.in -e .
	$(PY) -m uv pip list --python .venvs/canary/bin/python | grep -E "^(anywidget|ipykernel|ipywidgets|openai|traitlets) "
	.venvs/canary/bin/python -m pytest tests/test_private.py tests/test_cell.py tests/test_attended.py tests/test_headless.py \
		tests/sources/test_contract.py -n 2 --dist loadfile -m "not long"

test-aimock: env peer-modules ## the main path against aimock, a third-party OpenAI-compatible server
	$(PYTEST) tests/peers/test_aimock.py

test-browser: env node-modules element-modules ## real JupyterLab, real kernels, real Chromium
	$(PY) scripts/environment.py ipykernel6
	$(if $(LONG),$(PY) scripts/environment.py collaboration)
	STREAMCELL_CHROMIUM="$$($(PY) scripts/chromium.py)" $(PYTEST) tests/browser -n 3 --dist loadscope $(PART)

# The long part has an environment of its own (some 1 GB).
FRONT_ENDS_PY := $(if $(LONG),.venvs/frontends/bin/python,$(PY))

test-frontends: env ## Notebook and Shiny (LONG=1: Voila, marimo, Solara, Panel) in real Chromium
	$(if $(LONG),$(PY) scripts/environment.py frontends)
	STREAMCELL_CHROMIUM="$$($(PY) scripts/chromium.py)" $(FRONT_ENDS_PY) -m pytest tests/frontends -n 2 --dist loadscope $(PART)

# They leave connections to the garbage collector, which is not ours to judge.
LIBRARIES := tests/libraries -n 2 -p no:unraisableexception -W default

test-libraries: env peer-modules ## opt-in, and in test-long: the streams of other libraries (some 1 GB), newest and previous major releases
	$(PY) scripts/environment.py libraries
	$(PY) scripts/environment.py librariesbefore
	.venvs/libraries/bin/python -m pytest $(LIBRARIES)
	STREAMCELL_LIBRARIES=previous .venvs/librariesbefore/bin/python -m pytest $(LIBRARIES)

test-peers: env peer-modules ## opt-in: LiteLLM's proxy (some 600 MB) in front of aimock, and of two servers
	$(PY) scripts/environment.py litellm
	$(PYTEST) tests/peers

bench: bench-wire bench-first-token bench-lag bench-cells bench-memory bench-renderer bench-attacks ## measure these, beside what others do

bench-wire: env ## bytes, messages and kernel time per answer
	$(PY) scripts/bench.py
	$(PY) scripts/bench.py --characters 7100 --chunks 1000 --rate 50 --rounds 1

bench-first-token: env ## milliseconds from the server's write of a first token to the page's DOM
	$(PY) scripts/first_token.py

bench-lag: env ## milliseconds from the server's write of a token to the page's DOM, at 20, 100 and 500 tokens a second
	$(PY) scripts/lag.py

bench-cells: env ## frames a second and CPU while 1, 10, 50, 100 and 300 cells stream at once
	$(PY) scripts/cells.py

bench-memory: env ## what a thousand answers of 2 kB take of a process, in kB a cell
	$(PY) -c "from tests.faults.soak import kept; print(kept(1_000, 64_000_000))"

# BENCH_PEERS=0 leaves the other renderers out; BENCH="--kinds fence --rounds 3" and the like go to js/bench/run.ts.
bench-renderer: env node-modules bench-modules ## time, memory and work per update of the page's renderer
	STREAMCELL_CHROMIUM="$$($(PY) scripts/chromium.py)" node js/bench/run.ts $(BENCH)

bench-attacks: env node-modules bench-modules ## what an attacker's texts cost the Markdown engine, beside words
	node js/bench/attacks.ts

bench-highlighters: env node-modules bench-modules ## what ways to colour code weigh and cost
	node js/bench/highlighters.ts

screenshot: env ## take the README's pictures anew, from the real thing
	STREAMCELL_CHROMIUM="$$($(PY) scripts/chromium.py)" $(PY) scripts/screenshot.py

faults: env ## write the table of faults in docs/faults.md anew, from what happens
	$(PY) -m tests.faults.matrix

tables: env ## write the tables in docs/servers.md, docs/parameters.md, docs/wire.md and ARCHITECTURE.md anew, from the code
	$(PY) -m tests.sources.tables
	$(PY) scripts/wire.py

notebooks: env ## run the notebooks and save them with their outputs
	$(PY) scripts/notebooks.py

gallery: env node-modules ## take the pictures of all cells anew, note where everything in them is, and write docs/gallery.md
	STREAMCELL_CHROMIUM="$$($(PY) scripts/chromium.py)" $(PY) scripts/gallery.py

lock: env ## compile requirements/*.in anew, keeping the versions that still fit
	$(PY) scripts/lock.py

upgrade: env ## compile requirements/*.in anew with the newest versions
	$(PY) scripts/lock.py --upgrade

build-element: env node-modules ## the npm package of <stream-markdown>, into js/dist/element/
	cd js && npm run --silent build:element

build: env ## the sdist and the wheel, into dist/
	rm -rf dist
	$(PY) -m build --no-isolation

clean: ## remove what was built and installed here, downloads' caches aside
	rm -rf .venv .venvs build dist js/node_modules js/bench/node_modules tests/peers/node_modules tests/element/node_modules js/dist src/streamcell/static
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/browser/failures bench-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Both cost a fraction of a second when there is nothing to do.
env:
	@$(PYTHON) scripts/environment.py main
	@$(PY) hatch_build.py

front-end: env ## build js/ into src/streamcell/static/ where its sources have changed

node-modules: env
	@$(PY) hatch_build.py --install

peer-modules: tests/peers/node_modules/.package-lock.json

element-modules: tests/element/node_modules/.package-lock.json

bench-modules: js/bench/node_modules/.package-lock.json

# npm writes that file last.
tests/peers/node_modules/.package-lock.json: tests/peers/package-lock.json | env
	cd tests/peers && npm ci --no-audit --no-fund

tests/element/node_modules/.package-lock.json: tests/element/package-lock.json | env
	cd tests/element && npm ci --no-audit --no-fund

js/bench/node_modules/.package-lock.json: js/bench/package-lock.json | env
	cd js/bench && npm ci --no-audit --no-fund
