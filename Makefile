# The commands of developers and of .ci/run.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

PYTEST := $(BIN)/python -m pytest
PARALLEL := $(PYTEST) -n auto --dist worksteal
USUAL := not alone and not long and not breadth
QUICK := not broker and not browser and not slow and $(USUAL)

# Tests start hundreds of processes, which must not compile every module again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo studio check test thorough mutants lint generate bench pictures image clean

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED)  ## Make .venv with the locked dependencies

$(INSTALLED): pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement requirements-dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## Take a container image through its whole life in a sandbox
	@$(BIN)/ecr-connector demo

studio: setup  ## Draw and run flows in a browser
	@$(BIN)/ecr-connector studio

check: setup lint  ## Run lint and the quick tests that need no broker and no browser
	$(PARALLEL) -m "$(QUICK)" --hypothesis-profile=quick

test: setup  ## Run every test but the long ones and repetitions
	$(PARALLEL) -m "$(USUAL)"

thorough: setup  ## Run every test with branch coverage
	$(PARALLEL) -m "not alone" --cov --cov-report= --cov-fail-under=0
	$(PYTEST) -m alone --cov --cov-append --cov-report=term

mutants: setup  ## Change the code in one place at a time, and list what no test notices
	$(BIN)/python -m tests.mutants

lint: setup  ## Run ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

generate: setup  ## Write the schemas, the actions of component.json and the reference
	$(BIN)/ecr-connector generate

bench: setup  ## Measure the cost of an action, side by side with its peers
	$(BIN)/python -m benchmarks

pictures: setup  ## Take the pictures of docs/pictures from the studio
	$(BIN)/python -m tests.support.pictures

image: setup  ## Build the image, with Docker, Podman or, as root on Debian, buildah
	$(BIN)/python -m tests.support.image

clean:  ## Remove all that setup and the tests created
	rm -rf .venv build *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
