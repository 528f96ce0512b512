# `make` alone lists the targets. Everything is installed into this folder; a second call installs nothing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
export UV_PYTHON_DOWNLOADS := never
export GRPC_VERBOSITY := NONE
# Without compiled files every pytest process spends seconds on compiling its plugins anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup gate test test-quick demo check format sandbox clean sign-off

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.installed tools/allure/node_modules/.installed tests/sandbox/node/node_modules/.installed ## install everything into this folder

.uv/bin/uv:
	@echo "uv is missing: installing uv $(UV_VERSION) into .uv"
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.installed: pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	@echo "installing the locked Python packages into .venv"
	@$(UV) sync --frozen --quiet --python $(PYTHON)
	@.venv/bin/python -m compileall -q .venv/lib sandbox gates journeys load >/dev/null 2>&1 || true
	@.venv/bin/pytest --collect-only -qq -p no:terminal tests >/dev/null 2>&1 || true # pytest compiles its own way
	@touch $@

%/node_modules/.installed: %/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "installing the locked npm packages of $*"; \
	  cd $* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	else \
	  echo "npm is missing: what needs $* will be left out and say so"; \
	  mkdir -p $*/node_modules; \
	fi
	@touch $@

gate: setup ## run the main job: a release through the gate, on the sandbox
	@.venv/bin/python -m sandbox with -- .venv/bin/gate run --env sandbox --stage immediate

demo: setup ## the story: a good release goes, three bad ones are rolled back
	@.venv/bin/python -m sandbox with -- .venv/bin/python -m demo.story

test: setup ## our own tests, with real platforms; names what this machine leaves out
	@.venv/bin/pytest -q -n 3 --dist loadfile --no-loadscope-reorder -rs

test-quick: .venv/.installed ## the tests for every edit: nothing is started
	@.venv/bin/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -rs --hypothesis-profile quick -m "not processes" tests/gate tests/architecture

sign-off: setup ## type docs/sign-off.md: from a fresh sandbox to a signed GO, in minutes
	@GATE_SIGN_OFF=$${GATE_SIGN_OFF:-1} .venv/bin/pytest -q -s tests/sandbox/test_sign_off.py

check: .venv/.installed ## format, lint, types, import contracts, architecture
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/pytest -q tests/architecture

format: .venv/.installed ## format the code
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

sandbox: setup ## nine services and a local Cloud Run, until Ctrl-C
	@.venv/bin/python -m sandbox up

clean: ## remove what was installed and written
	@rm -rf .venv .uv .sandbox tools/allure/node_modules tests/sandbox/node/node_modules
