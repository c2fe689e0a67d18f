# You need python3 (3.11 to 3.13) and make. Everything else goes into .venv, as the lock says.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
# snakefmt looks for its shell formatter on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run quick paper study test test-library test-runs lint benchmark lock clean

run: .venv/ready
	snakemake --cores $(CORES)

quick: .venv/ready
	snakemake --cores $(CORES) --configfile config/quick.yaml

paper: .venv/ready
	snakemake --cores $(CORES) --configfile config/paper.yaml

study: .venv/ready
	snakemake --cores $(CORES) --configfile config/study.yaml -- study

# Two processes, because whole runs wait a lot. Lines of both are mixed; each ends with its summary.
test: lint
	$(MAKE) --no-print-directory --jobs 2 test-library test-runs

test-library: .venv/ready
	pytest --ignore tests/workflow

test-runs: .venv/ready
	pytest tests/workflow

lint: .venv/ready
	ruff check .
	ruff format --check .
	snakefmt --check --compact-diff Snakefile workflow
	snakemake --lint
	mypy

benchmark: .venv/ready
	python tests/benchmarks/strain.py
	python tests/benchmarks/datasets.py
	python tests/benchmarks/representations.py
	python tests/benchmarks/background.py
	python tests/benchmarks/searching.py
	python tests/benchmarks/scan.py
	python tests/benchmarks/training.py
	python tests/benchmarks/kernels.py
	python tests/benchmarks/saliency.py

lock: .venv/ready
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra test --extra slurm pyproject.toml --output-file requirements.txt

.venv/ready: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-deps "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.txt)"
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.txt
	touch $@

clean:
	rm -rf results logs benchmarks .snakemake
