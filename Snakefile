# The study as a graph: notebook x parameters -> executed notebook + tables (lib/study/steps.py has the steps).
# Called by lib/pipeline/run_study.py (`make study`) with the parameter file in config["study"].
#
# `command` holds a key: a fingerprint of the code that a notebook really uses, of the parameters that it reads and of
# somebody's own data. A step is out of date when one of those changed, and not when some other file was touched. So a
# twin, which follows from code and parameters, is needed where something is out of date, and that it was drawn later
# than a result says nothing.

from lib.study import plan, steps

STEPS = steps.of(config["study"], STUDY := plan.load(config["study"]))
OUT = steps.from_root(STUDY.folder)


def command(wildcards):
    return STEPS[dict(wildcards.items()).get("run") or wildcards.chapter].command


def inputs(wildcards):
    step = STEPS[dict(wildcards.items()).get("run") or wildcards.chapter]
    return [*([] if step.up_to_date else map(ancient, step.data)), *step.inputs]


rule all:
    input:
        [step.output for step in STEPS.values()],


for step in STEPS.values():
    if step.name.startswith("twin of "):

        rule:
            name: step.name.replace(" ", "_")
            output: step.output
            params:
                command=step.command,
            shell: "{params.command}"


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
    threads: lambda wildcards: (workflow.cores or 1) if STEPS[wildcards.chapter].alone else 1
    params:
        command=command,
    resources:
        mem_mb=STUDY.memory_mb,
    shell:
        "{params.command}"
