"""The profiles for clusters plan the whole study with what each job needs; a dry run, since no cluster is here."""

import subprocess
import sys

import pytest

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.pipeline import snakemake_runner
from lib.study import plan


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
def test_a_dry_run_plans_every_notebook_with_its_resources(name):
    command = [
        sys.executable,
        "-m",
        "snakemake",
        *snakemake_runner.place(plan.load("smoke"), 2, name),
        "--config",
        "study=smoke",
    ]
    done = subprocess.run(
        [*command, "--dry-run", "--forceall", "--nolock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    planned = {}
    for block in done.stdout.split("\nrule ")[1:]:
        planned.setdefault(block.split(":")[0], []).append(block)
    runs = plan.load("smoke").all_runs()
    assert sum(len(planned[rule]) for rule in ("run", "fusion_run", "hotel_run")) == len(runs)
    for rule in ("run", "fusion_run", "hotel_run"):
        for block in planned[rule]:
            assert "gpu=1" in block and "runtime=" in block and "mem_mb=" in block and "cpus_per_task=2" in block
    assert all("gpu=1" not in block and "runtime=60" in block for block in planned["chapter"])


def test_a_profile_that_is_not_there_lists_those_that_are():
    with pytest.raises(DataError, match="no profile 'pbs'; there are kubernetes, slurm"):
        snakemake_runner.place(plan.load("smoke"), 2, "pbs")


def test_without_a_cluster_jobs_stay_within_this_machine():
    cores, memory = snakemake_runner.place(plan.load("smoke"), 3, "")[1::2]
    assert cores == "3" and int(memory.removeprefix("mem_mb=")) >= plan.load("smoke").memory_mb
