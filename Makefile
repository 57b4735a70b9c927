# Everything that is done to this project has one name here. `make run` and `make test` are all
# that a newcomer needs: both set themselves up first, and only when something has changed.

# The first of these that is there; `make PYTHON=/path/to/python3.11 run` names another.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))) python3)
VENV ?= .venv
UV_VERSION := >=0.9,<0.15
PROJECT ?= resources/samples/batchnorm_between.bnstudio

# Windows puts programs elsewhere; the rest of this file is the same there under Git's bash.
bin := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
python := $(bin)/python
installed := $(VENV)/installed-from-lock
# As the engine is: beside tests that are not, an engine that they wait for hardly gets a turn.
nice := $(shell command -v nice >/dev/null 2>&1 && echo nice -n 10)

# Some containers set it, and then each process that is started compiles all of Keras again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-deep check format bench setup system lock wheel pictures clean

help:  ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup  ## Open the studio on a sample project (off screen where there is no display)
	@if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		echo "There is no display here, so the studio does its sample job off screen."; \
		exec $(bin)/bnstudio demo; \
	else \
		exec $(bin)/bnstudio $(PROJECT); \
	fi

test: setup  ## The tests, without a display or a network
	$(nice) $(python) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q $(TESTS)

test-deep: setup  ## The tests with many more examples, and the long ones
	$(nice) $(python) -m pytest -n 2 --dist loadfile -q -m "" --hypothesis-profile=deep --timeout=3600 -o faulthandler_timeout=3600 $(TESTS)

check: setup  ## Style, types and the direction of imports
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	$(bin)/lint-imports --no-cache

format: setup  ## Rewrite the code in the project's format
	$(bin)/ruff check --fix
	$(bin)/ruff format

bench: setup  ## Start-up, drawing, editing, smoothness and long runs, each against its target (QUICK=1 for a short one)
	$(python) -m tests.benchmarks $(if $(QUICK),--quick)

setup: system $(installed)  ## The virtual environment, as requirements.lock has it

system:
	@$(PYTHON) packaging/system_libraries.py

$(python): | system
	$(PYTHON) -m venv $(VENV)

$(installed): requirements.lock pyproject.toml | $(python)
	@$(python) -m uv --version >/dev/null 2>&1 || $(python) -m pip install --quiet --disable-pip-version-check "uv$(UV_VERSION)"
	$(python) -m uv pip sync --python $(python) --require-hashes --compile-bytecode --quiet requirements.lock
	$(python) -m uv pip install --python $(python) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock: | $(python)  ## Resolve the dependencies anew
	@$(python) -m uv --version >/dev/null 2>&1 || $(python) -m pip install --quiet --disable-pip-version-check "uv$(UV_VERSION)"
	$(python) -m uv pip compile pyproject.toml --group dev --all-extras --universal --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.lock

wheel: setup  ## dist/*.whl
	$(python) -m uv build --wheel

pictures: setup  ## The pictures of the documentation
	$(python) docs/images/make.py window-light
	$(python) docs/images/make.py window-dark

clean:  ## Forget the virtual environment and what was built
	rm -rf $(VENV) dist build
