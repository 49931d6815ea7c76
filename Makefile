# Every target does its own set-up: Python 3.11 or newer, make and a network are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

MINUTES ?= 10

# Compiled once, by whoever sets this up: else each process that starts compiles half a million lines again.
export UV_COMPILE_BYTECODE = 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test nightly foreign check bench load faults-slow docs screenshots browser clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

$(READY): pyproject.toml uv.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade uv
	UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python
	touch $@

demo: $(READY) ## Make a room on made-up messages, run its pipeline, open its pages
	$(BIN)/tallyroom demo $(ARGS)

check: $(READY) ## Lint, format, strict types, the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: ## Look for a Chromium without a window, and get Debian's where there is none
	@command -v chromium-headless-shell >/dev/null || test -n "$$TALLYROOM_CHROMIUM" || \
	  { command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium-headless-shell >/dev/null; } || \
	  command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  echo "No Chromium: the browser tests will be skipped. Install it, or set TALLYROOM_CHROMIUM."

test: $(READY) check browser ## All checks and tests, on both databases and in a browser
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 30 $(ARGS)

nightly: $(READY) browser ## Ten minutes of review by keyboard, ten by touch; all looks of all pages; the desk's state machine with 10,000 examples (hours)
	TALLYROOM_REVIEW_MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/browser/test_review_work.py -o timeout=0 $(ARGS)
	TALLYROOM_ALL_LOOKS=1 $(BIN)/python -m pytest tests/browser/test_axe.py tests/browser/test_hostile.py $(ARGS)
	TALLYROOM_EXAMPLES=$${TALLYROOM_EXAMPLES:-10000} $(BIN)/python -m pytest tests/labeling/test_desk_model.py -o timeout=0 $(ARGS)

FOREIGN := $(HOME)/.cache/tallyroom-foreign
foreign: $(READY) ## Try exports with the datasets library and Label Studio's converter, the API with schemathesis
	test -x $(FOREIGN)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(FOREIGN)
	$(BIN)/uv pip install --quiet --python $(FOREIGN)/bin/python datasets label-studio-sdk schemathesis
	TALLYROOM_FOREIGN_PYTHON=$(FOREIGN)/bin/python $(BIN)/python -m pytest tests/labeling/test_exchange_foreign.py tests/dashboard/test_api.py $(ARGS)

bench: $(READY) ## All benchmarks, or one: make bench NAME=rules (SIZE=1000000 makes a large one smaller)
	SIZE=$(SIZE) $(BIN)/python -m bench $(NAME)

load: $(READY) ## An office at work for MINUTES=10: 500 reviewers on PostgreSQL, 64 on SQLite, a million messages
	$(BIN)/python -m bench.load --minutes $(MINUTES) $(ARGS)

faults-slow: $(READY) browser ## The faults again, longer and more of them
	TALLYROOM_FAULTS_ROUNDS=10 $(BIN)/python -m pytest tests/faults -m faults --timeout=3000 $(ARGS)

docs: $(READY) ## Build the documentation into site/
	$(BIN)/mkdocs build --strict --quiet

screenshots: $(READY) browser ## Take the pictures of every page, in every state and size, into docs/pictures
	$(BIN)/python docs/screenshots.py

clean: ## Take out the environment and what was built
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache
