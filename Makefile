# Thin on purpose: every target is one command, run in the environment that bootstrap.py finds or makes.
PROFILE ?= quick
JOBS ?= 2
ONLY ?=
CLUSTER ?=
A ?= quick
B ?= cpu
RUN := python3 bootstrap.py
HOTEL_SPLITS ?=
export HOTEL_SPLITS

.PHONY: study site compare test coverage lab bench timings lint lock clean

study:  ## run the study params/$(PROFILE).yaml, or ONLY some chapters of it; only what is missing or out of date
	@$(RUN) python -m lib run "$(PROFILE)" --jobs $(JOBS) --cluster "$(CLUSTER)" --only $(ONLY)
	@$(RUN) python -m lib site "$(PROFILE)"

site:  ## the executed chapters of a study as a site in build/site, to be opened from disk
	@$(RUN) python -m lib site "$(PROFILE)"

compare:  ## two studies side by side, A=quick B=cpu: which numbers moved, beyond their intervals or not
	@$(RUN) python -m lib compare "$(A)" "$(B)"

test:  ## every test, two files at a time
	@$(RUN) python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 15 $(PYTEST)

coverage: PYTEST += --cov=lib --cov-report=term:skip-covered
coverage: test  ## the tests, and which lines of lib they ran in their own processes (what only notebooks run is not counted)

lab:  ## JupyterLab on the notebooks
	@$(RUN) jupyter lab --notebook-dir=notebooks

bench: PROFILE = cpu
bench:  ## chapter 92 again, its ratios beside the published ones; fails when something became slower
	@$(RUN) python -m lib bench "$(PROFILE)"

timings:  ## measure the study, a second run of it, and the tests; written to its study.json
	@$(RUN) python -m lib timings "$(PROFILE)"

lint:  ## style, form and types
	@$(RUN) ruff check .
	@$(RUN) ruff format --check lib tests
	@$(RUN) mypy
	@$(RUN) lint-imports --no-logo

lock:  ## requirements.in -> requirements.lock (needs a package registry)
	@$(RUN) uv pip compile --universal --python-version 3.11 --quiet requirements.in -o requirements.lock

clean:  ## what can be made again: data, runs and Snakemake's notes; keeps what is published
	@rm -rf .snakemake data/twin results/*/runs results/*/notebooks/*.failed.ipynb
