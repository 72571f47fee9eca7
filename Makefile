PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# The tests start Python many times, and pytest rewrites every assertion: keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup verify test test-exhaustive lint prepared docs benchmark clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml .ci/constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Quorate needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	touch $@

verify: setup
	$(BIN)/quorate verify

# By files: the tests of one share what they compile and start.
test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile

test-exhaustive: setup
	$(BIN)/python -m pytest -n auto -m 'exhaustive or hypothesis' --hypothesis-profile=exhaustive

# mypy cannot follow the folder mapping of an editable install: give it the
# layout that a wheel would have.
lint: setup
	mkdir -p $(VENV)/typing/quorate
	for part in model impl checker traces; do ln -sfn ../../../$$part $(VENV)/typing/quorate/$$part; done
	find $(VENV)/typing/quorate -maxdepth 1 -name '*.py' -delete
	for module in checker/api/*.py; do ln -sfn ../../../$$module $(VENV)/typing/quorate/; done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=$(VENV)/typing $(BIN)/mypy -p quorate
	PYTHONPATH=$(VENV)/typing $(BIN)/lint-imports

# After a change of the search's own code: see checker/explore/codegen/prepared.py.
prepared: setup
	$(BIN)/python -m tests.support.prepare

# The site, in build/site: it needs no network to be read.
docs: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	$(BIN)/python -m sphinx -q -W --keep-going -c docs -d build/doctrees . build/site

benchmark: setup
	$(BIN)/python -m pytest tests/benchmarks -m benchmark -q -s

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
