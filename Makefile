# Each target stands alone: it makes .venv if there is none and installs what it needs, once.
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test lint lint-rules lint-format lint-types format gallery graphs kernels \
    bench-gpu wheel clean

# Any Python from 3.11 on; 3.11 is the one that constraints.txt was tested with.
PYTHON ?= $(shell command -v python3.11 || echo python3)
WORKERS ?= 2
BIN := .venv/bin

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

demo: .venv/installed ## compile ResNet-152 for an H100 and check it against torch
	$(BIN)/netlang compile zoo/resnet152.net --target sm_90 --check

# One torch thread a worker: workers that each take all the cores wait for one another.
test: .venv/installed-test ## run the whole suite (ARGS="-k zoo" for a part of it)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: lint-rules lint-format lint-types ## ruff and pyright, as in CI

lint-rules: .venv/installed-dev
	$(BIN)/ruff check .

lint-format: .venv/installed-dev
	$(BIN)/ruff format --check .

lint-types: .venv/installed-dev
	$(BIN)/pyright

format: .venv/installed-dev ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gallery: .venv/installed-test ## draw docs/gallery.md and its pictures anew
	$(BIN)/python -m docs.gallery

graphs: .venv/installed-bench ## count what passes and other compilers leave: docs/optimizer.md
	$(BIN)/python -m benchmarks.graphs

kernels: .venv/installed ## assemble every kernel of the zoo for an H100 and look at its machine code
	$(BIN)/python -m benchmarks.kernels $(ARGS)

bench-gpu: .venv/installed ## race netlang against torch on this machine's GPU (ARGS="--only vgg16")
	$(BIN)/python -m benchmarks.gpu $(ARGS)

wheel: .venv/installed-test ## build the wheel into dist/
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove what the targets made
	rm -rf .venv build dist

# The build backend comes first and stays: it is held to the constraints like everything else, and
# building netlang itself never goes to the network.
.venv/installed:       EXTRAS =
.venv/installed-test:  EXTRAS = [test]
.venv/installed-dev:   EXTRAS = [test,dev]
.venv/installed-bench: EXTRAS = [bench]
.venv/installed .venv/installed-test .venv/installed-dev .venv/installed-bench: \
    pyproject.toml constraints.txt | .venv/bin/pip
	$(BIN)/pip install --quiet -c constraints.txt hatchling
	$(BIN)/pip install --quiet -c constraints.txt --no-build-isolation --editable '.$(EXTRAS)'
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "netlang needs Python 3.11 or newer; make PYTHON=python3.12 names one"; exit 1; }
	$(PYTHON) -m venv .venv
