# Every target sets up what it needs: Python 3.11 or later and make are enough.

VENV := .venv
BIN := $(VENV)/bin
# What is installed is compiled when it is first imported, which most of it never is.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Extra arguments for pytest and for the benchmarks: make test ARGS="-k rounding"
ARGS :=

# What was compiled once is kept, whatever the machine says: tests start Python many times.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that the pins of constraints.txt are known to suit, else any that is new enough.
FIND_PYTHON = \
	suits() { "$$1" -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < $$2)" 2>/dev/null; }; \
	for python in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python3.14 python; do \
		if [ -n "$$python" ] && suits "$$python" "(3, 15)"; then echo "$$python"; exit 0; fi; \
	done; \
	for python in python3 python; do \
		if suits "$$python" "(4,)"; then echo "$$python"; exit 0; fi; \
	done; \
	echo "equite needs Python 3.11 or later, with its venv module; none was found." \
		"Install one, or name it: make PYTHON=/path/to/python3.12" >&2; \
	exit 1

.DEFAULT_GOAL := help
.PHONY: help demo test laws lint types layers check bench fuzz test-minimum bill mutants reference format clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## run the demonstration
	$(BIN)/equite demo

test: $(VENV)/.installed-dev ## run every test, a file on each core
	$(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder $(ARGS)

laws: $(VENV)/.installed-dev ## try each law on ten times as many examples as usual
	HYPOTHESIS_PROFILE=laws $(BIN)/python -m pytest -n logical --dist worksteal -m hypothesis $(ARGS)

lint: $(VENV)/.installed-dev ## look for mistakes and untidy code
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: $(VENV)/.installed-dev ## check the types
	$(BIN)/python -m mypy --strict

layers: $(VENV)/.installed-dev ## check who imports whom
	$(BIN)/lint-imports --no-logo

check: lint types layers test ## all of the above but the demonstration

bench: $(VENV)/.installed-dev ## measure how long things take
	$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(VENV)/.installed-dev ## give strange files to every reader for ten minutes
	$(BIN)/python tests/fuzz/at_length.py $(ARGS)

# In an environment of its own: the oldest versions that pyproject.toml allows.
test-minimum: ## run the tests that tell, on the oldest versions of what equite needs
	@python=$$($(FIND_PYTHON)) && "$$python" -m venv --clear $(VENV)-minimum
	$(VENV)-minimum/bin/python -m pip --disable-pip-version-check --quiet install --editable ".[parquet]" \
		hypothesis jsonschema polars pytest scipy --constraint constraints-minimum.txt
	$(VENV)-minimum/bin/python -m pytest tests/inputs/test_cells.py tests/inputs/test_doors.py \
		tests/inputs/test_workbooks.py tests/inputs/test_workbook_faults.py tests/inputs/test_delimited.py \
		tests/engine/test_sharing.py tests/worked tests/formula/test_pages.py tests/report/test_report_files.py \
		tests/report/test_read_workbook.py tests/test_cli.py tests/test_hostile.py tests/fuzz $(ARGS)

bill: $(VENV)/.installed-dev ## write what equite is made of: bill-of-materials.json (CycloneDX)
	$(BIN)/python docs/bill_of_materials.py bill-of-materials.json

mutants: $(VENV)/.installed-dev ## change the engine in 300 small ways, and see whether the tests tell
	$(BIN)/python -m mutants $(ARGS)

reference: $(VENV)/.installed-dev ## write docs/reference.md from the docstrings
	$(BIN)/python docs/reference.py

format: $(VENV)/.installed-dev ## tidy the code
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

clean: ## remove what make made
	rm -rf $(VENV) $(VENV)-minimum build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$($(FIND_PYTHON)) && echo "Setting up $(VENV) with $$("$$python" --version)" \
		&& { "$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --no-compile --editable . --constraint constraints.txt
	@touch $@

# What tests need includes what the demonstration needs.
$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --no-compile --editable ".[dev]" --constraint constraints.txt
	@touch $(VENV)/.installed $@
