# One command from a fresh clone: make train. Everything is installed into .venv on the first call.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

CONFIG ?= configs/fast.yaml
ARGS ?=
# The folder of the runs: --log.runs in ARGS, or else runs.
RUNS := $(or $(shell printf '%s\n' $(ARGS) | sed -n -e '/^--log.runs$$/{n;p;}' -e 's/^--log.runs=//p' | tail -n 1),runs)
RUN ?= $(RUNS)/latest
TEAM ?= me
SERVER ?=
# make serve needs only a few packages, so it has an environment of its own, without torch.
SERVER_VENV := .venv-server
SERVER_STAMP := $(SERVER_VENV)/.installed
DEMO ?= demo
PORT ?= 8000
MESSAGE ?= $(notdir $(realpath $(RUN)))
DATA_DIR ?=
export DATA_DIR
# Tests run on all cores, but in at most eight processes, because each one loads torch. ARGS="-n 0" uses one process.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal
# Keep compiled modules even if the environment forbids it: they make every later start twice as fast.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup train predict report submit leaderboard serve competition baselines test test-fast test-all lint reference format benchmark clean

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Create .venv with pinned versions and install the project into it

# --no-compile: Python compiles a module when it is first imported. For pip to compile all of them takes two minutes.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] < (3, 14); sys.exit(0 if ok else f"error: {sys.executable} is Python {sys.version.split()[0]}; set PYTHON to one of 3.11, 3.12, 3.13")'
	@test -x $(PY) || { echo "creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing pinned versions into $(VENV) (a few minutes, 6 GB, once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]'
	@touch $@

train: $(STAMP)  ## Train (CONFIG=configs/x.yaml ARGS="--optim.lr 0.1"), submit the prediction, print its rank
	@$(PY) -m pipeline train --config $(CONFIG) $(ARGS)
	@$(MAKE) --no-print-directory submit

predict: $(STAMP)  ## Write submission.csv again from RUN (one folder or several: their mean)
	@$(PY) -m pipeline predict $(RUN) --out submission.csv $(ARGS)

submit: $(STAMP)  ## Send RUN's submission.csv to the local competition as TEAM, or to SERVER=https://...
ifeq ($(SERVER),)
	@$(PY) -m pipeline submit "$(RUN)" --team "$(TEAM)" --message "$(MESSAGE)"
else
	@$(PY) -m leaderboard submit --server "$(SERVER)" -f "$(RUN)/submission.csv" -m "$(MESSAGE)"
endif

report: $(STAMP)  ## Compare runs (RUN="runs/a/x runs/b/y") in report.html
	@$(PY) -m pipeline report $(RUN) --out report.html

leaderboard: $(STAMP)  ## Show the standings and write the page
	@$(PY) -m pipeline standings "$(RUN)"

serve: $(SERVER_STAMP)  ## Show the competition server with 25 made-up teams (PORT=8000)
	@test -d $(DEMO) || $(SERVER_VENV)/bin/leaderboard demo $(DEMO)
	@$(SERVER_VENV)/bin/leaderboard serve --competition $(DEMO) --port $(PORT)

$(SERVER_STAMP): pyproject.toml constraints.txt
	@test -x $(SERVER_VENV)/bin/python || $(PYTHON) -m venv $(SERVER_VENV)
	@echo "installing the leaderboard and its server into $(SERVER_VENV) (seconds, no torch)"
	@$(SERVER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[serve]'
	@touch $@

test: $(STAMP)  ## Run all tests except the slow ones
	@$(PY) -m pytest -q $(PARALLEL) $(ARGS)

test-fast: $(STAMP)  ## Run the quick tests: about a minute, without data and PostgreSQL
	@env -u LEADERBOARD_TEST_POSTGRES -u DATA_DIR $(PY) -m pytest -q $(PARALLEL) -m "not slow and not long" $(ARGS)

test-all: $(STAMP)  ## Run all tests, the slow ones too
	@$(PY) -m pytest -q $(PARALLEL) -m "slow or not slow" $(ARGS)

lint: $(STAMP)  ## Check style, spelling, types and the generated pages
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/codespell
	@$(PY) -m tests.tools.type_ratchet
	@$(PY) -m tests.tools.reference --check

reference: $(STAMP)  ## Write docs/cli.md and the other generated parts of docs/
	@$(PY) -m tests.tools.reference

format: $(STAMP)  ## Format the code
	@$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

benchmark: $(STAMP)  ## Measure speed on this machine
	@$(PY) -m pipeline benchmark $(ARGS)

clean:  ## Remove .venv and caches; runs, data and competitions stay
	rm -rf $(VENV) $(SERVER_VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
