# The study as a graph: notebook x parameters -> executed notebook + tables (lib/study/steps.py has the steps).
# Called by lib/pipeline/run_study.py (`make study`) with the parameter file in config["study"].
#
# `command` holds a key: a fingerprint of the code that a notebook really uses, of the parameters that it reads and of
# somebody's own data. A step is out of date when one of those changed, and not when some other file was touched. So a
# twin, which follows from code and parameters, is an input only where it isn't there and something is out of date: that
# it was drawn later than a result says nothing.

import os

from lib.study import plan, steps

STEPS = steps.of(config["study"], STUDY := plan.load(config["study"]))
OUT = steps.from_root(STUDY.folder)
MADE = {path for each in STEPS.values() for path in (each.output, *each.data)}


def step(wildcards):
    [name] = dict(wildcards.items()).values()
    return STEPS[name]


def command(wildcards):
    return step(wildcards).command


def inputs(wildcards):
    own = step(wildcards)
    missing = [] if own.up_to_date else [path for path in own.data if not os.path.exists(path)]
    # Records of other studies aren't made here: on a cluster they come with the project, not from its storage.
    return [*missing, *(path if path in MADE else local(path) for path in own.inputs)]


rule all:
    input:
        [each.output for each in STEPS.values() if each.key],


# Which study asks is no parameter of a twin's: those with the same data share it.
if "twin of ads" in STEPS:

    rule twin_of_ads:
        output:
            STEPS["twin of ads"].output,
        shell:
            "python -m lib draw ads {config[study]:q}"


if "twin of hotels" in STEPS:

    rule twin_of_hotels:
        output:
            STEPS["twin of hotels"].output,
        shell:
            "python -m lib draw hotels {config[study]:q}"


rule run:
    input:
        inputs,
    output:
        metrics=f"{OUT}/runs/{{run}}/metrics.json",
        notebook=f"{OUT}/runs/{{run}}/notebook.ipynb",
    wildcard_constraints:
        run="(?!fusion|hotel_).+",
    params:
        command=command,
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "{params.command}"


# Multimodal runs take longest and so go first: else one of them is left over at the end and the other cores wait.
use rule run as fusion_run with:
    wildcard_constraints:
        run="fusion.+",
    priority: 1


use rule run as hotel_run with:
    wildcard_constraints:
        run="hotel_.+",


rule chapter:
    input:
        inputs,
    output:
        f"{OUT}/notebooks/{{chapter}}.ipynb",
    threads: lambda wildcards: (workflow.cores or 1) if step(wildcards).alone else 1
    params:
        command=command,
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "{params.command}"
