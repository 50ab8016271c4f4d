"""The package's commands: ``python -m mnist_utils --help``."""

import argparse
import sys

from mnist_utils import dataset


def main(arguments: list[str] | None = None) -> int:
    """Run the command named by `arguments`, those of the process if None, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m mnist_utils", description="Commands of the course book's package.")
    topics = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    data = topics.add_parser("data", help="the MNIST files that ship with the package")
    actions = data.add_subparsers(title="commands", metavar="COMMAND", required=True)
    verify = actions.add_parser("verify", help="check each file by its SHA-256; exit status 1 if anything is wrong")
    verify.set_defaults(run=verify_data)

    options = parser.parse_args(arguments)
    return options.run(options)


def verify_data(options: argparse.Namespace) -> int:
    """Print a line for each MNIST file, and return 1 if anything is wrong, otherwise 0."""
    wrong = 0
    for file, error in dataset.verify_data():
        print(f"{file.name:<24}{file.size:>11,} bytes  ", f"WRONG: {error}" if error else f"sha256 ok: {file.sha256}")
        wrong += error is not None
    print(f"{wrong} of {len(dataset.MNIST_FILES)} files wrong." if wrong else "All files are as published.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
