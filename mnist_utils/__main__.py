"""The package's commands: ``python -m mnist_utils --help``."""

import argparse
import dataclasses
import sys

from mnist_utils import dataset, studies


def main(arguments: list[str] | None = None) -> int:
    """Run the command named by `arguments`, those of the process if None, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m mnist_utils", description="Commands of the course book's package.")
    topics = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    data = topics.add_parser("data", help="the MNIST files that ship with the package")
    actions = data.add_subparsers(title="commands", metavar="COMMAND", required=True)
    verify = actions.add_parser("verify", help="check each file by its SHA-256; exit status 1 if anything is wrong")
    verify.set_defaults(run=verify_data)

    study = topics.add_parser("studies", help="the long experiments whose results the chapters read")
    actions = study.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = actions.add_parser("list", help="the studies there are, and what each trains")
    listing.set_defaults(run=list_studies)
    running = actions.add_parser("run", help="train what is missing of a study; what the folder already holds is kept")
    running.add_argument("name", metavar="NAME", help="a name that `studies list` shows")
    running.add_argument("--seeds", metavar="N", type=int, help="the seeds 0 to N - 1, in place of the study's own")
    running.add_argument("--epochs", metavar="N", type=int, help="epochs, for all conditions")
    running.add_argument("--out", metavar="FOLDER", default=studies.RESULTS, help="default: the folder results/")
    running.set_defaults(run=run_study)
    again = actions.add_parser("replicate", help="run studies afresh and hold the results against the stored ones")
    again.add_argument("names", metavar="NAME", nargs="*", help="default: all studies")
    again.add_argument("--out", metavar="FOLDER", required=True, help="an own folder; what it already holds is kept")
    again.set_defaults(run=replicate)
    for action in (running, again):
        action.add_argument("--scheduler", metavar="ADDRESS", help="of dask.distributed, whose workers do the training")

    options = parser.parse_args(arguments)
    return options.run(options)


def verify_data(options: argparse.Namespace) -> int:
    """Print a line for each MNIST file, and return 1 if anything is wrong, otherwise 0."""
    wrong = 0
    for path, error in dataset.verify_data():
        size = f"{path.stat().st_size:,} bytes" if path.is_file() else "missing"
        print(f"{path.name:<27}{size:>16}  {f'WRONG: {error}' if error else 'content has the published SHA-256: ok'}")
        wrong += error is not None
    print(f"{wrong} of 4 files wrong" if wrong else "all 4 files as published")
    return 1 if wrong else 0


def list_studies(options: argparse.Namespace) -> int:
    """Print a line for each study."""
    width = max(map(len, studies.STUDIES))
    for study in studies.STUDIES.values():
        networks = len(study.conditions) * len(study.factors) * len(study.seeds)
        epochs = sorted({study.epochs_of(condition) for condition in study.conditions})
        epochs = " or ".join(map(str, epochs))
        print(f"{study.name:<{width}}{networks:>4} networks, {epochs} epochs: {study.about}")
    return 0


def run_study(options: argparse.Namespace) -> int:
    """Train what is missing of the study that `options` name, and return 1 if they are refused, otherwise 0."""
    try:
        study = studies.find(options.name)
        if options.seeds is not None:
            study = dataclasses.replace(study, seeds=range(options.seeds))
        if options.epochs is not None:
            conditions = [dataclasses.replace(condition, epochs=None) for condition in study.conditions]
            study = dataclasses.replace(study, conditions=conditions, epochs=options.epochs)
        results = studies.run(study, options.out, scheduler=options.scheduler)
    except (studies.StudyError, dataset.DatasetError) as error:
        print(error, file=sys.stderr)
        return 1
    count = len(results.drop_duplicates(["condition", "factor", "seed"]))
    print(f"{options.out}/{study.name}.csv holds {count} networks")
    return 0


def replicate(options: argparse.Namespace) -> int:
    """Run studies afresh, print how far their means lie from the stored ones, and return 1 if one is too far off."""
    beyond = 0
    try:
        chosen = [studies.find(name) for name in options.names or studies.STUDIES]
        minutes = [studies.provenance(study.name)["seconds"] / 60 for study in chosen]
        print(f"{len(chosen)} studies; the stored ones took {sum(minutes):.0f} minutes in all.")
        print(f"If it is interrupted, the same command goes on from what it finds in {options.out}.")
        for study, expected in zip(chosen, minutes, strict=True):
            print(f"\n{study.name} (stored: {expected:.1f} minutes)", flush=True)
            table = studies.replicate(study, options.out, scheduler=options.scheduler)
            print(table.to_string(float_format="{:.5f}".format))
            origin = studies.provenance(study.name, options.out)
            print(f"{table['holds'].sum()} of {len(table)} means within what the stored spread allows; ", end="")
            print(f"trained by {origin['code']} in {origin['seconds'] / 60:.1f} minutes, from {origin['started']}")
            beyond += (~table["holds"]).sum()
    except (studies.StudyError, dataset.DatasetError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{beyond} means beyond what the stored spread allows" if beyond else "\nall means as stored")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
