# perdure: everything starts here. Needs CPython 3.11 or newer with venv and pip; sets up .venv by itself.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

# numpy and onnxruntime would each start a thread per core; tests and bench run several processes.
export OMP_NUM_THREADS ?= 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint types check format bench bench-recall bench-extraction bench-scale bench-cost bench-peers clean test-llm

help:
	@echo 'make demo         the whole pipeline on a real conversation, offline'
	@echo 'make test         every test'
	@echo 'make test-llm     the pipeline through a real local model; installs two small ones in .models first (560 MB)'
	@echo 'make check        lint, format, types and the unit tests (under a minute)'
	@echo 'make format       let ruff format the code'
	@echo 'make bench        measure speed and size; writes its section of bench/RESULTS.md'
	@echo 'make bench-recall how much is found, on our own chats (and others by path); writes bench/RECALL.md'
	@echo 'make bench-extraction  what is kept of conversations in five languages; writes bench/EXTRACTION.md'
	@echo 'make bench-scale  one file with a million memories, one user with 200,000; writes its section'
	@echo 'make bench-cost   prompt tokens, calls and time of an add; writes its section'
	@echo 'make bench-peers  the same beside mem0ai, in an environment of its own; writes its section too'
	@echo 'make clean        remove .venv and everything generated (the models in .models stay)'

demo: $(VENV)/.installed
	@$(BIN)/perdure demo

# In CI the tests of the local model must run; elsewhere `make test` runs them where `make test-llm` was run once.
test: $(VENV)/.installed-dev $(if $(CI),models)
	@$(PYTEST) $(ARGS)

.PHONY: models
models: $(VENV)/.installed-dev
	@$(BIN)/python tests/local_model/models.py

test-llm: models
	@PERDURE_TEST_LLM=1 $(BIN)/python -m pytest -n 0 tests/local_model $(ARGS)

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: $(VENV)/.installed-dev
	@$(BIN)/pyright src tests/architecture/typing_examples.py

check: lint types
	@$(PYTEST) -m 'not slow' tests/unit tests/architecture tests/conformance $(ARGS)

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	@$(BIN)/python bench/run.py $(ARGS)

bench-recall: $(VENV)/.installed-dev
	@$(BIN)/python bench/recall.py $(ARGS)

bench-extraction: $(VENV)/.installed-dev
	@$(BIN)/python bench/extraction_page.py $(ARGS)

bench-scale: $(VENV)/.installed-dev
	@$(BIN)/python bench/scale.py $(ARGS)

bench-cost: $(VENV)/.installed-dev
	@$(BIN)/python bench/cost.py $(ARGS)

bench-peers: $(PEERS)/.installed
	@MEM0_TELEMETRY=False $(PEERS)/bin/python bench/peers.py $(ARGS)

clean:
	@rm -rf $(VENV) $(PEERS) build dist .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "perdure needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	@echo 'Setting up $(VENV) ...'
	@$(PYTHON) -m venv $(VENV)

# The stamps remember which pyproject.toml was installed; the second holds the first's packages too.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo 'Installing perdure ...'
	@$(PIP) install -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	@echo 'Installing perdure and its development tools ...'
	@$(PIP) install -e '.[dev]'
	@touch $@ $(VENV)/.installed

# What perdure is measured beside; never a dependency of it. mem0ai is under the Apache License 2.0.
$(PEERS)/.installed: pyproject.toml
	@echo 'Setting up $(PEERS) with mem0ai ...'
	@$(PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install -e . 'mem0ai==2.2.1' psutil
	@touch $@
