"""The study's command line, which `make` calls: `python -m lib COMMAND`, with `--help` for each command.

Each command imports what it needs, so that a notebook's kernel doesn't wait for Snakemake.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lib.core.errors import DataError

if TYPE_CHECKING:
    from lib.study.plan import Study

PARAMETER_FILE = "a parameter file, or the name of one in params/ (quick, cpu, ...)"


def run(options: argparse.Namespace) -> int:
    from lib.core import packages

    packages.check()  # before anything is imported that may be missing
    from lib.pipeline import run_study

    bundle = None
    if options.bundle:
        from lib.pipeline.bundles import Bundle

        bundle = Bundle(Path(options.bundle), round(options.part_mb * 2**20), options.embeddings)
    status = run_study.run(options.study, options.jobs, options.only, options.cluster, options.minutes, bundle)
    if options.site and status == 0:
        from lib.study import plan

        _show(plan.load(options.study))
    return status


def publish(options: argparse.Namespace) -> int:
    from lib.core.files import ROOT
    from lib.pipeline import publish
    from lib.study import plan

    place = publish.publish(options.study, plan.load(options.study), options.partial).relative_to(ROOT)
    print(f"Published: {place}. `git status {place}` shows what changed; commit it.")
    return 0


def collect(options: argparse.Namespace) -> int:
    from lib.pipeline import collect, snakemake_runner
    from lib.study import plan, steps

    chosen = plan.load(options.study)
    found = collect.collect(chosen, options.bundles)
    runs = chosen.all_runs()
    snakemake_runner.forget(
        options.study, [steps.from_root(runs[name].folder / "metrics.json") for name in found.merged]
    )
    print(*found.notes, sep="\n", end="\n" if found.notes else "")
    print(
        f"{len(found.merged)} runs merged into {chosen.name}, {len(found.present)} were there. Go on with: make study"
    )
    return 0


def site(options: argparse.Namespace) -> int:
    from lib.study import plan

    _show(plan.shown(options.study))
    return 0


def _show(chosen: Study) -> None:
    """Build a study's site, unless it is there and nothing that it shows has changed."""
    from lib.core.files import ROOT
    from lib.pipeline import site_state

    if not site_state.unchanged(chosen):
        from lib.pipeline import site  # only now: importing it takes seconds

        state = site_state.state(chosen)
        site.build(chosen)
        site_state.note(chosen, state)
    page = site_state.folder(chosen) / "index.html"
    print(f"The site: {page.relative_to(ROOT)} (open it in a browser; it needs no network)")


def compare(options: argparse.Namespace) -> int:
    from lib.pipeline import execute

    print(f"Read it: {execute.comparison(options.one, options.other)}")
    return 0


def bench(options: argparse.Namespace) -> int:
    from lib.pipeline import bench

    return bench.bench(options.study)


def leaks(options: argparse.Namespace) -> int:
    from lib.pipeline import leak_scan
    from lib.study import plan

    places = leak_scan.of_study(plan.load(options.study))
    print(places.to_string(index=False) if len(places) else "nothing of the data was found in what the study wrote")
    return int(len(places) > 0)


def staged(options: argparse.Namespace) -> int:
    from lib.pipeline import staged_files

    return staged_files.check(options.files)


def fetch(options: argparse.Namespace) -> int:
    from lib.data.real_sets import fetch

    begin = time.monotonic()
    into = Path(options.into) if options.into else None
    folder = fetch.fetch(options.what, options.files, into, options.any_version)
    print(fetch.steps(folder).to_string(index=False))
    print(f"{folder}: the set is there, {time.monotonic() - begin:.0f} s (docs/real_sets.md)")
    return 0


def draw(options: argparse.Namespace) -> int:
    from lib.data import loading as ads
    from lib.hotels import loading as hotels
    from lib.study import plan

    study = plan.load(options.study)
    rooms = options.what == "hotels"
    label = f"hotels' twin at scale {study.hotels.scale:g}" if rooms else f"twin at scale {study.data.scale:g}"
    begin = time.monotonic()
    print(f"running  {label}", flush=True)
    (hotels if rooms else ads).make_twin(study)
    print(f"done     {label}  {time.monotonic() - begin:.0f} s", flush=True)
    return 0


def execute(options: argparse.Namespace) -> int:
    from lib.pipeline import execute

    label = options.label or options.source.stem
    execute.logged(options.source, options.output, options.parameters, label, options.key)
    return 0


def kernel(options: argparse.Namespace) -> int:
    from lib.pipeline import kernel_server

    return kernel_server.serve(*options.arguments) if options.what == "serve" else kernel_server.ask(options.arguments)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; the function to run is `call` of what it parses."""
    whole = argparse.ArgumentParser(
        "python -m lib", description="Run the executable review, and read what it measured."
    )
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(call: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(call.__name__, help=text, description=text)
        added.set_defaults(call=call)
        return added

    added = command(run, "run a study: every run and chapter that is missing or out of date (make study)")
    added.add_argument("study", help=PARAMETER_FILE)
    added.add_argument("--jobs", type=int, default=0, help="notebooks at a time; 0: as many as this machine bears")
    added.add_argument(
        "--minutes", type=float, default=0, help="the time that there is; what it is too short for is left"
    )
    added.add_argument("--only", nargs="*", default=[], help="these chapters and what they need, not the whole study")
    added.add_argument("--site", action="store_true", help="build its site too, if it isn't that of this state")
    added.add_argument(
        "--bundle", default="", help="FILE.tar: pack each finished run into FILE-001.tar, FILE-002.tar, …"
    )
    added.add_argument("--part-mb", type=float, default=16, help="MiB that a part of the bundle may have")
    added.add_argument("--embeddings", action="store_true", help="pack the runs' vectors too")
    added.add_argument("--cluster", default="", help="a folder of profiles/: where notebooks run, if not here")
    added = command(publish, "replace what is published of a study by its results here (make publish)")
    added.add_argument("study", help=PARAMETER_FILE)
    added.add_argument("--partial", action="store_true", help="also a study that has something left to do")
    added = command(collect, "merge bundles of finished runs into a study, all or nothing (make collect)")
    added.add_argument("study", help=PARAMETER_FILE)
    added.add_argument("bundles", nargs="+", help="FILE.tar (for all its parts), single parts, or folders of parts")
    command(site, "build the site of a study's executed chapters (make site)").add_argument(
        "study", help=PARAMETER_FILE
    )
    added = command(compare, "set two executed studies side by side, number by number (make compare)")
    added.add_argument("one", help=PARAMETER_FILE)
    added.add_argument("other", help=PARAMETER_FILE)
    added = command(bench, "measure chapter 92's speeds anew beside the published ones; fails where one is slower")
    added.add_argument("study", help=PARAMETER_FILE)
    added = command(leaks, "search what a study wrote for its sensitive data; lists places, never what was found")
    added.add_argument("study", help=PARAMETER_FILE)
    added = command(staged, "search files for this machine's sensitive data before a commit (pre-commit calls it)")
    added.add_argument("files", nargs="*", type=Path)
    added = command(fetch, "get a real set by the package manager, clean it and lay it out as own data (make real)")
    added.add_argument("what", choices=("openclipart", "openclipart-pairs", "iconify", "debian", "speeches"))
    added.add_argument(
        "--from", dest="files", nargs="*", type=Path, default=[], help="the packages' files, where no manager gets them"
    )
    added.add_argument("--into", default="", help="the folder to make; data/real/SET if not given")
    added.add_argument("--any-version", action="store_true", help="also packages of other versions than were counted")
    added = command(draw, "draw a study's synthetic twin (the graph calls it)")
    added.add_argument("what", choices=("ads", "hotels"))
    added.add_argument("study", help=PARAMETER_FILE)
    added = command(execute, "execute one notebook whole or not at all (the graph calls it)")
    added.add_argument("source", type=Path)
    added.add_argument("output", type=Path)
    added.add_argument("--parameters", type=json.loads, default={}, help="the notebook's, as JSON")
    added.add_argument("--label", default="", help="its name in the log")
    added.add_argument("--key", default="", help="as planned: with another one in the end it has failed")
    added = command(kernel, "start a notebook's kernel as a fork of one process (Jupyter calls it)")
    added.add_argument("what", choices=("serve", "ask"), help="be the process that is forked, or ask it for a kernel")
    added.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="the folder of its socket, or the kernel's arguments"
    )
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status. arguments: the command line's if None."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.call(parsed))
    except DataError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    sys.exit(main())
