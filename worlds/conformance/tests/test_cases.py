"""Our cases in Elastic's format hold, in process and over HTTP; `make conformance`."""

from pathlib import Path

import pytest

from conformance.__main__ import CASES, main
from conformance.loading import Case, find_files, load
from conformance.running import run
from conformance.targets import in_process, new_cluster, over_http
from conformance.versions import read_version
from standin.cluster import serve

VERSION = "8.9.0"
OWN = [
    case
    for path in find_files(CASES)
    for case in load(path.read_text("utf-8"), path.stem)
]
PING = '"There":\n  - do: { ping: {} }\n  - is_true: ""\n'


@pytest.mark.parametrize("case", OWN, ids=str)
@pytest.mark.parametrize("version", ["7.17.0", VERSION, "9.5.0"])
def test_the_stand_in_passes_our_cases(version: str, case: Case) -> None:
    """Every case of ours passes in each version, or says which versions it is for."""
    outcome = run(case, in_process(new_cluster(version)), read_version(version))

    if outcome.kind == "skipped" and outcome.reason.startswith("version"):
        pytest.skip(outcome.reason)
    assert ("passed", "") == (outcome.kind, outcome.reason)


def test_there_are_enough_cases_and_each_file_names_its_source() -> None:
    """Sixty cases at least, a file for each API, each with where it comes from."""
    assert 60 <= len(OWN)
    for path in find_files(CASES):
        assert path.read_text("utf-8").startswith("# Source: "), path.name


def test_a_case_passes_over_http_as_well() -> None:
    """The same case runs against a server."""
    case = next(case for case in OWN if case.name.startswith("Counts survive"))
    with serve(new_cluster(VERSION)) as url:
        outcome = run(case, over_http(url), read_version(VERSION))

    assert ("passed", "") == (outcome.kind, outcome.reason)


def test_each_case_has_a_cluster_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one case has made is not there for the next."""
    step = "  - do: { indices.create: { index: once } }\n"
    (tmp_path / "twice.yml").write_text(f'"A":\n{step}---\n"B":\n{step}', "utf-8")

    assert main([str(tmp_path)]) == 0
    assert "2 passed, 0 failed, 0 skipped" in capsys.readouterr().out


def test_passed_failed_and_skipped_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each case is printed with its reason, and a failure fails the run."""
    (tmp_path / "a.yml").write_text(PING, "utf-8")
    (tmp_path / "b.yaml").write_text('"Wrong":\n  - is_true: nothing\n', "utf-8")
    (tmp_path / "c.yml").write_text('"Beyond":\n  - do: { no.api: {} }\n', "utf-8")
    (tmp_path / "notes.txt").write_text("no test", "utf-8")

    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "failed   b.yaml: Wrong\n         test, step 1: is_true nothing" in printed
    assert "skipped  c.yml: Beyond\n         unsupported API no.api" in printed
    assert printed.endswith("1 passed, 1 failed, 1 skipped\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"Broken": [', id="no YAML"),
        pytest.param('"Broken": text', id="a section that is no list"),
        pytest.param('"Broken": [ text ]', id="a step that is no mapping"),
    ],
)
def test_a_file_that_cannot_be_read_fails_and_the_others_are_run(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bad file is a failure and not the end of the run."""
    (tmp_path / "a.yml").write_text(text, "utf-8")
    (tmp_path / "b.yml").write_text(PING, "utf-8")

    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "failed   a.yml: cannot be read" in printed
    assert "1 passed, 1 failed" in printed


def test_one_file_can_be_run(tmp_path: Path) -> None:
    """DIR may be a file."""
    path = tmp_path / "a.yml"
    path.write_text(PING, "utf-8")

    assert main([str(path)]) == 0


def test_an_empty_directory_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To have run nothing is no success."""
    assert main([str(tmp_path)]) == 2
    assert "no test files" in capsys.readouterr().err


def test_a_version_that_is_none_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """VERSION has three numbers."""
    assert main([], "newest") == 2
    assert "version newest: not like 8.9.0" in capsys.readouterr().err
