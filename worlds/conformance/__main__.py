"""`make conformance`: runs Elastic's YAML REST tests and prints how it went."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from conformance.loading import Case, find_files, load
from conformance.running import Outcome, run_all
from conformance.targets import in_process, new_cluster
from conformance.versions import read_version

CASES = Path(__file__).with_name("cases")
VERSION = "8.9.0"
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def main(arguments: list[str], version: str = VERSION) -> int:
    """Run what a directory holds; 1 if a case fails, 2 if there are none to run."""
    directory = Path(arguments[0]) if arguments else CASES
    files = find_files(directory)
    if not files or not _VERSION.fullmatch(version):
        what = f"version {version}: not like {VERSION}"
        print(what if files else f"{directory}: no test files there", file=sys.stderr)
        return 2
    outcomes = [each for path in files for each in run_file(path, directory, version)]
    print(*report(outcomes), sep="\n")
    return int(any(outcome.kind == "failed" for outcome in outcomes))


def run_file(path: Path, directory: Path, version: str) -> list[Outcome]:
    """Run the cases of a file; one that cannot be read has failed."""
    name = path.relative_to(directory).as_posix() if path != directory else path.name
    try:
        cases = load(path.read_text("utf-8"), name)
    except (OSError, ValueError, yaml.YAMLError) as problem:
        unread = Case(name, "cannot be read", [], [], [])
        return [Outcome(unread, "failed", " ".join(str(problem).split()))]
    number = read_version(version)
    return run_all(cases, number, lambda: in_process(new_cluster(version)))


def report(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield each case, with the reason unless it passed, and the sums."""
    for outcome in outcomes:
        because = f"\n         {outcome.reason}" if outcome.reason else ""
        yield f"{outcome.kind:7}  {outcome.case}{because}"
    count = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for outcome in outcomes:
        count[outcome.kind] += 1
    yield ", ".join(f"{number} {kind}" for kind, number in count.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ.get("VERSION") or VERSION))
