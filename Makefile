# Everything runs from .venv, made by uv from requirements.lock; `make setup` is quick once it was done.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(CURDIR)/.uv/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS = never

INSTALLED := .venv/.installed

.PHONY: setup demo test faults check bench lock clean
.DEFAULT_GOAL := setup

setup: $(INSTALLED)
	@$(BIN)/python -m infra.embedded.install

.uv/.$(UV_VERSION):
	@echo "python: installing uv $(UV_VERSION)"
	@$(PYTHON) -m venv --clear .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# An environment that is there already is brought up to date, not made anew.
$(INSTALLED): requirements.lock pyproject.toml | .uv/.$(UV_VERSION)
	@echo "python: installing what requirements.lock lists into .venv"
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	$(BIN)/rapport demo

# Two at a time, a file in one process: most of the time is spent in waiting for others. The quick ones come last.
test: setup
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# The long form of the fault tests; FAULTS="--kills 5 --only store" runs a part of it.
faults: setup
	RAPPORT_FUZZ=20 $(BIN)/pytest -q --timeout=900 tests/sources/test_fuzz.py tests/sources/test_live_fuzz.py
	$(BIN)/python -m tests.faults $(FAULTS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/rapport bench
	$(BIN)/python -m tests.benchmarks.fold_cost
	$(BIN)/python -m tests.benchmarks.alert_evidence
	$(BIN)/python -m tests.benchmarks.board_speed

lock: | .uv/.$(UV_VERSION)
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --extra dev \
		pyproject.toml --output-file requirements.lock
	cd infra/embedded && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean:
	rm -rf .venv .uv .setup build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
