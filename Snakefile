# The study as a graph: notebook x parameters -> executed notebook + tables.
# Called by lib/graph.py (`make study`) with the parameter file in config["study"].
#
# `key` is a fingerprint of the code that a notebook really uses and of the parameters that it reads; with it
# in `params`, a step is out of date when one of those changed, and not when some other file was touched.

import json
import os

from lib import study as studies

STUDY = studies.load(config["study"])
RUNS = STUDY.all_runs()
OUT = STUDY.folder
TWIN = STUDY.data.source == "twin"
LINKED = any(run.notebook in studies.HOTELS for run in RUNS.values())  # whether hotel pictures are needed


def tables_in(folder):
    """Somebody's own tables: they are read where they lie, on a cluster too, whose storage holds only what the graph makes."""
    return [local(str(path)) for path in sorted(folder.glob("*.csv"))]


HOTELS = STUDY.hotel_pictures / "twin.json" if STUDY.hotels.source == "twin" else tables_in(STUDY.hotel_pictures)
DATA = STUDY.data_folder / "twin.json" if TWIN else tables_in(STUDY.data_folder)

LAST = ("91_scorecard", "93_checklist")  # they read what the other chapters wrote, but for what machines do
MACHINES = ("92_speed", "94_gpu_speed")


def parameters(**own):
    """The notebook's parameters as one argument for the shell."""
    return json.dumps({"study": config["study"], **own})


def from_here(path):
    """A path as seen from the project's folder, where notebooks are started: nobody's home is named in a result."""
    return os.path.relpath(path, workflow.basedir)


def split_files():
    """Where chapter 40's split files are, which data set's they are and how they code an unknown chain."""
    given = STUDY.hotels
    return {"folder": from_here(STUDY.hotel_folder), "unknown_chain": given.unknown_chain, "dataset": given.table_6}


rule all:
    input:
        [OUT / "notebooks" / f"{name}.ipynb" for name in STUDY.possible_chapters],
        [run.folder / "metrics.json" for run in RUNS.values()],


if TWIN:

    rule twin:
        output:
            DATA,
        shell:  # which study asks is no parameter: those with the same data share it
            "python -m lib.draw ads {config[study]:q}"


if LINKED and STUDY.hotels.source == "twin":

    rule hotels:
        output:
            HOTELS,
        shell:
            "python -m lib.draw hotels {config[study]:q}"


rule run:
    input:
        DATA,
        lambda wildcards: [first.folder / "metrics.json" for first in [RUNS[wildcards.run].begins_with] if first],
    output:
        metrics=OUT / "runs" / "{run}" / "metrics.json",
        queries=OUT / "runs" / "{run}" / "queries.csv",
        notebook=OUT / "runs" / "{run}" / "notebook.ipynb",
    wildcard_constraints:
        run="(?!fusion|hotel_).+",
    params:
        key=lambda wildcards: RUNS[wildcards.run].key,
        source=lambda wildcards: studies.notebook(RUNS[wildcards.run].notebook),
        parameters=lambda wildcards: parameters(out=from_here(RUNS[wildcards.run].folder), **RUNS[wildcards.run].parameters),
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "python -m lib.notebooks {params.source:q} {output.notebook:q}"
        " --label {wildcards.run:q} --parameters {params.parameters:q}"


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
        lambda wildcards: [first.folder / "metrics.json" for first in [RUNS[wildcards.run].begins_with] if first],
    output:
        metrics=OUT / "runs" / "{run}" / "metrics.json",
        notebook=OUT / "runs" / "{run}" / "notebook.ipynb",
    wildcard_constraints:
        run="hotel_.+",


rule chapter:
    input:
        DATA,
        lambda wildcards: [run.folder / "metrics.json" for run in RUNS.values()]
        if studies.reads_runs(wildcards.chapter) else [],
        lambda wildcards: [OUT / "notebooks" / f"{name}.ipynb" for name in STUDY.possible_chapters if name not in (*LAST, *MACHINES)]
        if wildcards.chapter in LAST else [],
        lambda wildcards: tables_in(STUDY.hotel_folder) if wildcards.chapter == "40_hotel_splits" else [],
    output:
        OUT / "notebooks" / "{chapter}.ipynb",
    threads: lambda wildcards: (workflow.cores or 1) if wildcards.chapter in MACHINES else 1  # measured alone
    params:
        key=lambda wildcards: STUDY.key(wildcards.chapter, {}),
        source=lambda wildcards: studies.notebook(wildcards.chapter),
        parameters=lambda wildcards: parameters(
            out=from_here(OUT), **(split_files() if wildcards.chapter == "40_hotel_splits" else {})
        ),
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "python -m lib.notebooks {params.source:q} {output:q}"
        " --label {wildcards.chapter:q} --parameters {params.parameters:q}"
