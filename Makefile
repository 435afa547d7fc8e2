# Everything a developer types; .ci/run types the same.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: help setup demo test lint generate bench clean

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED)  ## Make .venv with the locked dependencies

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[sandbox,dev]'
	@touch $@

demo: setup  ## Let one container image live its whole life through the actions
	@$(BIN)/ecr-connector demo

test: setup  ## Run every test, with branch coverage
	$(BIN)/python -m pytest --cov --cov-report=term

lint: setup  ## ruff, mypy and the arrows between packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

generate: setup  ## Write schemas, component.json's actions and README's reference anew
	$(BIN)/ecr-connector generate

bench: setup  ## Measure what an action costs, side by side with its peers
	$(BIN)/python -m benchmarks

clean:  ## Remove what setup and the tests made
	rm -rf .venv build *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
