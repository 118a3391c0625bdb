# Thin on purpose: every target is one command, run in the environment that bootstrap.py finds or makes.
PROFILE ?= quick
JOBS ?= 0
MINUTES ?= 0
ONLY ?=
CLUSTER ?=
A ?= quick
B ?= openclipart
STUDY ?= $(PROFILE)
PARTIAL ?=
BUNDLE ?=
PART_MB ?= 16
EMBEDDINGS ?=
HOTEL_SPLITS ?=
SET ?= openclipart
FROM ?=
RUN := python3 bootstrap.py
export HOTEL_SPLITS

.PHONY: study real site publish collect compare test coverage lab bench lint lock clean

study:  ## run params/$(PROFILE).yaml, or ONLY some chapters of it, in MINUTES if given; only what is out of date; and its site
	@$(RUN) python -m lib run "$(PROFILE)" --site --jobs $(JOBS) --minutes $(MINUTES) --cluster "$(CLUSTER)" \
	  --bundle "$(BUNDLE)" --part-mb $(PART_MB) $(if $(EMBEDDINGS),--embeddings) --only $(ONLY)

real:  ## get a real SET (openclipart, openclipart-pairs, iconify, debian or speeches) to data/real/, by the package manager or FROM its files
	@$(RUN) python -m lib fetch "$(SET)" --from $(FROM)

site:  ## the executed chapters of a study as a site in build/site, to be opened from disk
	@$(RUN) python -m lib site "$(PROFILE)"

publish:  ## replace results/$(STUDY) by what was run here; refuses what failed, is stale, leaks or is too large
	@$(RUN) python -m lib publish "$(STUDY)" $(if $(PARTIAL),--partial)

collect:  ## merge bundles of finished runs, made with BUNDLE=file.tar on other machines, into a study
	@$(RUN) python -m lib collect "$(PROFILE)" $(BUNDLE)

compare:  ## two studies side by side, A=quick B=openclipart: which numbers moved, beyond their intervals or not
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

lint:  ## style, form, types and spelling
	@$(RUN) ruff check .
	@$(RUN) ruff format --check lib tests
	@$(RUN) mypy
	@$(RUN) lint-imports --no-logo
	@$(RUN) codespell README.md CONTRIBUTING.md CHANGELOG.md docs lib notebooks params site

lock:  ## requirements.in -> requirements.lock (needs a package registry)
	@$(RUN) uv pip compile --universal --python-version 3.11 --quiet requirements.in -o requirements.lock

clean:  ## what is made again when it is needed: twins, caches, sites, Snakemake's notes; keeps studies/ and results/
	@rm -rf .snakemake data/twin data/hotels data/cache build
