"""The commands of the engine: ``python -m studies --help``."""

import argparse
import sys
from pathlib import Path

from mnist_utils import results
from mnist_utils.dataset import DatasetError
from studies import catalogue, running
from studies.design import StudyError, jobs


def main(arguments: list[str] | None = None) -> int:
    """Run the command named by `arguments`, those of the process if None, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m studies", description="The long experiments of the book.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands.add_parser("list", help="the studies there are, and what each trains").set_defaults(run=list_studies)
    one = commands.add_parser("run", help="train what is missing of a study; what the folder already holds is kept")
    one.add_argument("name", metavar="NAME", help="a name that `list` shows")
    one.set_defaults(run=run_study)
    again = commands.add_parser("replicate", help="run studies afresh and hold the results against the stored ones")
    again.add_argument("names", metavar="NAME", nargs="*", help="default: all studies")
    again.set_defaults(run=replicate)
    for command in (one, again):
        command.add_argument("--out", metavar="FOLDER", default="my-results", help="default: my-results")
        command.add_argument("--scheduler", metavar="ADDRESS", help="of dask.distributed: its workers do the training")
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except (StudyError, results.ResultsError, DatasetError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. The same command goes on from what is finished in {options.out}.", file=sys.stderr)
        return 130


def list_studies(options: argparse.Namespace) -> int:
    """Print a line for each study."""
    for study in catalogue.STUDIES.values():
        networks = [network for job in jobs(study) for network in job.networks()]
        epochs = " or ".join(map(str, sorted({condition.epochs for condition in study.conditions})))
        print(f"{study.name:<20}{len(networks):>4} networks, {epochs} epochs: {study.about}")
    return 0


def run_study(options: argparse.Namespace) -> int:
    """Train what is missing of a study, and return 0."""
    rows = running.run(catalogue.find(options.name), options.out, scheduler=options.scheduler)
    print(f"{Path(options.out) / options.name}.csv holds {len(rows)} rows")
    return 0


def replicate(options: argparse.Namespace) -> int:
    """Run studies afresh, print how far their means lie from the stored ones, and return 1 if one is too far off."""
    beyond = 0
    chosen = [catalogue.find(name) for name in options.names or catalogue.STUDIES]
    minutes = [results.provenance(study.name)["seconds"] / 60 for study in chosen]
    print(f"{len(chosen)} studies; the stored ones took {sum(minutes):.0f} minutes. If interrupted, run it again.")
    for study, expected in zip(chosen, minutes, strict=True):
        print(f"\n{study.name} (stored: {expected:.1f} minutes)", flush=True)
        table = running.replicate(study, options.out, scheduler=options.scheduler)
        print(table.to_string(float_format="{:.5f}".format))
        print(f"{table['holds'].sum()} of {len(table)} means within what the stored spread allows")
        beyond += (~table["holds"]).sum()
    print(f"\n{beyond} means beyond what the stored spread allows" if beyond else "\nall means as stored")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
