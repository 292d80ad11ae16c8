# Everything a contributor does, in one place. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PINNED := $(VENV)/.pinned
INSTALLED := $(VENV)/.installed
JOBS ?= auto

VERBS := check panel train evaluate explain levers predict report
SIMULATED := $(or $(CUSTOMERS),20000)
LIMIT := $(if $(CUSTOMERS),--customers $(CUSTOMERS))
# What begins with an underscore belongs to a benchmark and is none itself.
BENCHES := $(patsubst tests/bench/%.py,%,$(wildcard tests/bench/[a-z]*.py))

# One thread a worker: two workers that both use every core are slower than one.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --maxprocesses 4 --dist loadfile
PIN := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
       --no-annotate --no-header --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-spark demo demo-grocery demo-cdnow test test-slow docs notebooks \
        notebooks-text lint bench ui pins clean clean-all

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' \
	| while IFS='|' read -r target meaning; do printf '  %-14s %s\n' "$$target" "$$meaning"; done

setup: $(INSTALLED) ## Make .venv with every pinned dependency (PYTHON=python3.12 picks another)

# The stamps are touched last, and live in what `venv --clear` empties first: a setup that was
# interrupted leaves none and is begun again.
$(PINNED): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>&1 \
	|| { echo "clvlens needs Python 3.11 to 3.14, and '$(PYTHON)' is not one of them;" \
	"name one: make PYTHON=python3.12 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "'$(PYTHON)' has no venv module; install it (on Debian: apt install" \
	"python3-venv) and run make setup again" >&2; exit 1; }
	@echo "Installing the pinned dependencies into $(VENV); this takes a minute or more."
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(INSTALLED): $(PINNED) pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup-spark: setup ## Add Spark to .venv (it needs Java 17 or later)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/spark.txt

demo: setup ## Simulate a business with all histories, and walk through every verb (CUSTOMERS=2000)
	@echo "> clvlens simulate --customers $(SIMULATED) --out data/demo/tables"
	@$(BIN)/clvlens simulate --customers $(SIMULATED) --out data/demo/tables
	@$(call walk,configs/demo.yaml)

demo-grocery: setup ## The same on real grocery data (CUSTOMERS=400 for a short walk)
	@$(call walk,configs/complete_journey.yaml)

demo-cdnow: setup ## The same on CDNOW, the classic data set of one history
	@$(call walk,configs/cdnow.yaml)

define walk
set -e; for verb in $(VERBS); do \
	echo; echo "> clvlens $$verb --config $(1) $(LIMIT)"; \
	$(BIN)/clvlens $$verb --config $(1) $(LIMIT); \
done
endef

test: setup ## Run the tests, without the slow ones
	$(PYTEST) -m "not slow"

test-slow: setup ## Run the slow tests and those of reliability, and print what they tried
	RELIABILITY=data/bench/reliability.csv $(PYTEST) -m "slow or reliability"

docs: setup ## Render the reference of the Python API into docs/_build
	$(BIN)/python docs/render.py docs/_build

notebooks-text: setup ## Write the notebooks anew from their text
	$(BIN)/jupytext --quiet --to ipynb notebooks/*.py

notebooks: setup ## Execute the notebooks from top to bottom
	$(BIN)/pytest --nbmake notebooks

lint: setup ## Run every pre-commit hook on every file
	$(BIN)/pre-commit run --all-files

bench: setup ## List and run the benchmarks (make bench-NAME runs one)
	@echo "Benchmarks: $(or $(BENCHES),none yet)"
	@set -e; for name in $(BENCHES); do $(MAKE) --no-print-directory "bench-$$name"; done

bench-%: tests/bench/%.py setup
	$(BIN)/python $<

ui: setup ## Show every run in the browser
	$(BIN)/clvlens ui

pins: setup ## Resolve the dependencies anew and write requirements/*.txt
	$(PIN) --upgrade pyproject.toml --extra examples --extra dev --group build \
	    -c requirements/constraints.in --output-file requirements/dev.txt
	$(PIN) pyproject.toml -c requirements/dev.txt --output-file requirements/runtime.txt
	$(PIN) pyproject.toml --extra spark -c requirements/dev.txt --output-file requirements/spark.txt
	$(PIN) --group build -c requirements/dev.txt --output-file requirements/build.txt

clean: ## Remove builds and caches; keep .venv, data and models
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

clean-all: clean ## Remove .venv too
	rm -rf $(VENV)
