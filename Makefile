# Every command of this project. `make help` lists them; only Python 3.11+, make and git are needed.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# What the demo runs, how many processes test side by side, and further arguments for pytest and
# mutmut may be set from outside.
DEMO        ?= examples.provisioning_portal
PYTEST_ARGS ?=
JOBS        ?= 2
MUTATE_ARGS ?=

LINTED := src adapters/src $(wildcard examples) tests docs
TYPED  := src adapters/src docs tests/architecture $(shell find examples tests/typing -name '*.py' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install demo shop test check format bench kill load simulate mutate docs generate clean distclean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY)  ## make .venv and install both packages with all tools

$(READY): pyproject.toml adapters/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "ordercore needs Python 3.11 or newer; this is %d.%d. Set PYTHON=..." % sys.version_info[:2])'
	@echo "== making $(VENV) with $$($(PYTHON) --version)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "== installing ordercore, ordercore-adapters and the tools (a minute or two the first time)"
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --progress-bar off \
		-c constraints.txt -e ".[dev,testing]" -e "./adapters[all]"
	@touch $@
	@echo "== ready"

demo: $(READY)  ## run the example portal from order to delivered service
	@echo "== running $(DEMO)"
	@$(BIN)/python -m $(DEMO)

shop: $(READY)  ## open the example shop on this machine until Ctrl-C
	@$(BIN)/python -m examples.retail_shop

test: $(READY)  ## run the whole suite with branch coverage of the core (at least 95 percent)
	@echo "== running the tests"
	@.ci/in-memory $(BIN)/python -m pytest -rs -n $(JOBS) --dist loadfile --no-loadscope-reorder \
		--cov=ordercore --cov-branch --cov-report=term $(PYTEST_ARGS)

check: $(READY)  ## format, lint, types, import contracts, freshness of generated pages, docs
	@echo "== ruff format"
	@$(BIN)/ruff format --check $(LINTED)
	@echo "== ruff check"
	@$(BIN)/ruff check $(LINTED)
	@echo "== mypy --strict"
	@$(BIN)/mypy --strict $(TYPED)
	@echo "== lint-imports"
	@$(BIN)/lint-imports
	@echo "== generated pages"
	@$(BIN)/python docs/generate.py --check
	@$(MAKE) --no-print-directory docs

format: $(READY)  ## rewrite the code in the agreed format
	@$(BIN)/ruff check --fix-only --quiet $(LINTED)
	@$(BIN)/ruff format $(LINTED)

bench: $(READY)  ## run the benchmarks (ratios against a yardstick loop)
	@echo "== running the benchmarks (about ten minutes; results in bench-results.jsonl)"
	@rm -f bench-results.jsonl
	@BENCH_RESULTS=$(abspath bench-results.jsonl) $(BIN)/python -m pytest tests/bench -q -s -o python_files='bench_*.py' $(PYTEST_ARGS)

kill: $(READY)  ## kill worker processes at awkward moments and check that nothing is lost or done twice
	@echo "== running the kill tests"
	@ORDERCORE_KILLS=$${ORDERCORE_KILLS:-200} $(BIN)/python -m pytest tests -q -s -m kill $(PYTEST_ARGS)

load: $(READY)  ## sixteen processes buy the last units for a minute; nothing is sold twice
	@echo "== running the load test"
	@ORDERCORE_LOAD_SECONDS=$${ORDERCORE_LOAD_SECONDS:-60} ORDERCORE_LOAD_HOSTS=$${ORDERCORE_LOAD_HOSTS:-16} \
		$(BIN)/python -m pytest tests/load -q -s -m load $(PYTEST_ARGS)

simulate: $(READY)  ## live through 24,000 orders of all kinds on the worst of days; every law holds
	@echo "== simulating worlds $${ORDERCORE_WORLDS:-1..480}, fifty orders in each (some minutes)"
	@$(BIN)/ordercore simulate --worlds $${ORDERCORE_WORLDS:-1..480} --orders 50 --faults hostile --jobs $${ORDERCORE_JOBS:-2}

mutate: $(READY)  ## change the core in small ways and print what no test notices (AREA=money alone)
	@echo "== changing the core, one small thing at a time"
ifdef AREA
	@$(BIN)/python -m tests.mutation_$(if $(filter tables,$(AREA)),rows,area $(AREA))
else
	@PATH="$(abspath $(BIN)):$$PATH" HYPOTHESIS_PROFILE=mutation $(BIN)/mutmut run $(MUTATE_ARGS)
	@$(BIN)/python -m tests.mutation_scores
endif

generate: $(READY)  ## rewrite the generated reference pages
	@$(BIN)/python docs/generate.py

docs: $(READY)  ## build the documentation; a warning is an error
	@echo "== building the docs"
	@$(BIN)/python -m sphinx -E -W --keep-going -q -b html docs docs/_build/html
	@echo "== docs/_build/html/index.html"

clean:  ## remove caches and build results, keep .venv
	@rm -rf docs/_build build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache demo shop mutants
	@find src adapters examples tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too
	@rm -rf $(VENV)
