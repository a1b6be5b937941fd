# Everything a checkout needs: each target first makes sure that .venv holds the pinned packages of constraints.txt.
#
#   make test PYTHON=python3.12      another interpreter for .venv (3.11 or newer)
#   make test ARGS="tests/worlds -x"  arguments for pytest
#   make test-clients CLIENTS=sb3     some of torchrl, sb3 and skrl

PYTHON ?= python3
ARGS ?=
OUT ?= results/first_look
CLIENTS ?= torchrl sb3 skrl

VENV := .venv
RUN := $(VENV)/bin/python

# The pins hold for packages and for what builds them. Relative, as pip splits these at spaces.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-clients check format docs recover recover-quick bench clean venv python

help:  ## say what can be made
	@echo "emcomm: under which pressures do patterns of natural language appear?"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "The first of them sets up $(VENV) with the versions of constraints.txt; PYTHON=... names another interpreter."

demo: venv  ## play the first look at every family of pressures, then say where the report is
	@echo "Running experiments/first_look.py into $(OUT) (some minutes; stopped and started again, it goes on) ..."
	@$(RUN) -m emcomm run experiments/first_look.py --out "$(OUT)"

test: venv  ## run the tests, except those marked slow
	@echo "Running the tests ..."
	@$(RUN) -m pytest -n auto --dist worksteal $(ARGS)

test-all: venv  ## run every test
	@echo "Running every test ..."
	@$(RUN) -m pytest -m "" -n auto --dist worksteal $(ARGS)

test-clients:  ## train other people's learners on the games, each library in an environment of its own
	@for client in $(CLIENTS); do $(MAKE) --no-print-directory client-$$client || exit 1; done

client-%: python
	@here=.venv-clients/$*; pins="$$(cat pyproject.toml constraints.txt tests/clients/requirements-$*.txt | cksum)"; \
	if [ "$$(cat $$here/.ready 2>/dev/null)" != "$$pins" ]; then \
		echo "Making $$here ..."; \
		rm -rf $$here; \
		"$(PYTHON)" -m venv $$here && $$here/bin/python -m pip install -qq -e . -r tests/clients/requirements-$*.txt || exit 1; \
		echo "$$pins" > $$here/.ready; \
	fi; \
	echo "Training with $* ..."; \
	OMP_NUM_THREADS=1 $$here/bin/python -m tests.clients.$*_client

check: venv  ## style, formatting, types and the direction of imports
	@echo "Checking style ..."
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@echo "Checking types ..."
	@$(RUN) -m mypy
	@echo "Checking the direction of imports ..."
	@$(VENV)/bin/lint-imports

format: venv  ## format the code and mend what can be mended
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

docs: venv  ## write the generated tables of the documentation again
	@$(RUN) -m docs.environments.spaces
	@$(RUN) -m docs.metrics_table
	@$(RUN) -m docs.pressures.pages

recover: venv  ## run every experiment that is not finished (hours), and write docs/recovered.md
	@$(RUN) -m experiments.recovery

recover-quick: venv  ## run smaller versions of the experiments, five seeds each
	@$(RUN) -m experiments.recovery --quick

bench: venv  ## print games per second beside a plain training loop
	@$(RUN) -m benchmarks.throughput $(ARGS)

clean:  ## remove the environment, caches and builds; results stay
	@rm -rf $(VENV) .venv-clients build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed $(VENV), .venv-clients, caches and builds; results/ is as it was."

# .venv/.ready says for which Python, which folder and which pins the environment was finished. Without it, or for another
# Python or folder, the environment is made anew; with other pins it is brought up to date.
venv: python
	@pins="$$(cat pyproject.toml constraints.txt | cksum)"; \
	here="$$("$(PYTHON)" --version) in $$(pwd)"; \
	if $(RUN) -c "" 2>/dev/null && [ "$$(sed -n 1p $(VENV)/.ready 2>/dev/null)" = "$$here" ]; then \
		if [ "$$(sed -n 2p $(VENV)/.ready)" = "$$pins" ]; then exit 0; fi; \
		echo "Bringing $(VENV) up to date with constraints.txt ..."; \
		rm -f $(VENV)/.ready; \
	else \
		echo "Making $(VENV) with $$("$(PYTHON)" --version) ..."; \
		rm -rf $(VENV); \
		"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; \
		echo "Installing the pinned packages of constraints.txt (the first time this takes some minutes) ..."; \
	fi; \
	$(RUN) -m pip install -qq -e ".[dev]" || { echo "Installing failed; the lines above say why. Run make again to retry."; exit 1; }; \
	printf '%s\n%s\n' "$$here" "$$pins" > $(VENV)/.ready; \
	echo "$(VENV) is ready."

python:
	@command -v "$(PYTHON)" > /dev/null || { \
		echo "emcomm needs Python 3.11 or newer, and there is no $(PYTHON) here; name one: make test PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "emcomm needs Python 3.11 or newer, and $(PYTHON) is $$("$(PYTHON)" --version 2>&1); name another: make test PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
