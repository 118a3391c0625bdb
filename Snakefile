# The study as a graph: notebook x parameters -> executed notebook + tables.
# Called by lib/pipeline/run_study.py (`make study`) with the parameter file in config["study"].
#
# `key` is a fingerprint of the code that a notebook really uses and of the parameters that it reads; with it
# in `params`, a step is out of date when one of those changed, and not when some other file was touched.

import json
import os

from lib.core import data_state
from lib.study import plan as studies

STUDY = studies.load(config["study"])
RUNS = STUDY.all_runs()
TWIN = STUDY.data.source == "twin"
LINKED = any(run.kind.hotels for run in RUNS.values())  # whether hotel pictures are needed


def from_here(path):
    """A path as seen from the project's folder, where Snakemake and notebooks are started.

    So no result names anybody's home, and names of the folders above don't matter (braces are Snakemake's wildcards).
    """
    return os.path.relpath(path, workflow.basedir)


def state(fingerprint):
    """Somebody's own data as an input: the file that stands for its state (`lib.core.data_state`).

    It is another file when a byte of the data changes, whatever its dates say. On a cluster it is read where it lies:
    storage holds only what the graph makes.
    """
    return local(from_here(data_state.state_file(fingerprint)))


def record_of(run):
    return from_here(run.folder / "metrics.json")


OUT = from_here(STUDY.folder)
HOTELS = from_here(STUDY.hotel_pictures / "twin.json") if STUDY.hotels.source == "twin" else state(STUDY.own_hotels)
DATA = from_here(STUDY.data_folder / "twin.json") if TWIN else state(STUDY.own_ads)

LAST = ("91_scorecard", "93_checklist")  # they read what the other chapters wrote, but for what machines do
MACHINES = ("92_speed", "94_gpu_speed")


def parameters(**own):
    """The notebook's parameters as one argument for the shell."""
    return json.dumps({"study": config["study"], **own})


def split_files():
    """Where chapter 40's split files are, which data set's they are and how they code an unknown chain."""
    given = STUDY.hotels
    return {"folder": from_here(STUDY.hotel_folder), "unknown_chain": given.unknown_chain, "dataset": given.table_6}


rule all:
    input:
        [f"{OUT}/notebooks/{name}.ipynb" for name in STUDY.possible_chapters],
        [record_of(run) for run in RUNS.values()],


if TWIN:

    rule twin:
        output:
            DATA,
        shell:  # which study asks is no parameter: those with the same data share it
            "python -m lib draw ads {config[study]:q}"


if LINKED and STUDY.hotels.source == "twin":

    rule hotels:
        output:
            HOTELS,
        shell:
            "python -m lib draw hotels {config[study]:q}"


rule run:
    input:
        DATA,
        lambda wildcards: [record_of(first) for first in [RUNS[wildcards.run].prerequisite] if first],
    output:
        metrics=f"{OUT}/runs/{{run}}/metrics.json",
        queries=f"{OUT}/runs/{{run}}/queries.csv",
        notebook=f"{OUT}/runs/{{run}}/notebook.ipynb",
    wildcard_constraints:
        run="(?!fusion|hotel_).+",
    params:
        key=lambda wildcards: RUNS[wildcards.run].key,
        source=lambda wildcards: studies.notebook(RUNS[wildcards.run].notebook),
        parameters=lambda wildcards: parameters(
            out=from_here(RUNS[wildcards.run].folder), **RUNS[wildcards.run].parameters
        ),
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "python -m lib execute {params.source:q} {output.notebook:q}"
        " --label {wildcards.run:q} --key {params.key} --parameters {params.parameters:q}"


# Multimodal runs take longest and so go first: else one of them is left over at the end and the other cores wait.
use rule run as fusion_run with:
    wildcard_constraints:
        run="fusion.+",
    priority: 1


# Hotel pictures are data of their own; a run that links them is also asked about the ads' pictures.
use rule run as hotel_run with:
    input:
        DATA,
        HOTELS,
        lambda wildcards: [record_of(first) for first in [RUNS[wildcards.run].prerequisite] if first],
    output:
        metrics=f"{OUT}/runs/{{run}}/metrics.json",
        notebook=f"{OUT}/runs/{{run}}/notebook.ipynb",
    wildcard_constraints:
        run="hotel_.+",


rule chapter:
    input:
        DATA,
        lambda wildcards: [record_of(run) for run in RUNS.values()]
        if studies.reads_runs(wildcards.chapter) else [],
        lambda wildcards: [
            f"{OUT}/notebooks/{name}.ipynb" for name in STUDY.possible_chapters if name not in (*LAST, *MACHINES)
        ] if wildcards.chapter in LAST else [],
        lambda wildcards: state(STUDY.own_hotels) if wildcards.chapter == "40_hotel_splits" else [],
    output:
        f"{OUT}/notebooks/{{chapter}}.ipynb",
    threads: lambda wildcards: (workflow.cores or 1) if wildcards.chapter in MACHINES else 1  # measured alone
    params:
        key=lambda wildcards: STUDY.key(wildcards.chapter, {}),
        source=lambda wildcards: studies.notebook(wildcards.chapter),
        parameters=lambda wildcards: parameters(
            out=OUT, **(split_files() if wildcards.chapter == "40_hotel_splits" else {})
        ),
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "python -m lib execute {params.source:q} {output:q}"
        " --label {wildcards.chapter:q} --key {params.key} --parameters {params.parameters:q}"
