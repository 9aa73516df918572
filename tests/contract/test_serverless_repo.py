"""What the Serverless Application Repository is told of the application."""

import re
import tomllib
from pathlib import Path

from idle_jobs_cli import __version__
from local.intrinsics import load_template
from local.topology import TEMPLATE

ROOT = Path(__file__).parents[2]
SOURCE = load_template(TEMPLATE)
TOLD = SOURCE["Metadata"]["AWS::ServerlessRepo::Application"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
# What its API takes.
TAKEN = {
    "Name": r"[a-zA-Z0-9\-]{1,140}",
    "Description": r".{1,256}",
    "Author": r"[^<>]{1,127}",
    "SemanticVersion": r"\d+\.\d+\.\d+",
}


def test_it_is_what_the_package_says() -> None:
    """The names, the licence and the version are those of pyproject.toml."""
    (author,) = PROJECT["authors"]

    assert TOLD["Name"] == PROJECT["name"]
    assert TOLD["Author"] == author["name"]
    assert TOLD["SpdxLicenseId"] == PROJECT["license"]
    assert TOLD["SemanticVersion"] == __version__
    assert TOLD["Description"].startswith(PROJECT["description"])


def test_the_repository_takes_it() -> None:
    """Each text is in its form, and the labels are no more than ten."""
    for name, pattern in TAKEN.items():
        assert re.fullmatch(pattern, TOLD[name]), name
    assert 0 < len(TOLD["Labels"]) <= 10
    assert all(re.fullmatch(r"[a-zA-Z0-9+_:/@-]{1,127}", one) for one in TOLD["Labels"])


def test_its_files_are_there() -> None:
    """They are uploaded with the code, from beside the template."""
    for name in ("LicenseUrl", "ReadmeUrl"):
        assert (TEMPLATE.parent / TOLD[name]).is_file()


def test_the_page_names_the_package_of_this_version() -> None:
    """The version is in the name of the file, and nowhere is another one."""
    assert set(re.findall(r"idle-job-closer-(\d[\d.]*\d)", PAGE)) == {__version__}


def test_the_page_says_what_the_repository_refuses() -> None:
    """Each transform that the template has beside SAM's own."""
    own = "AWS::Serverless-2016-10-31"
    others = [name for name in SOURCE["Transform"] if name != own]

    assert others
    assert all(f"`{name}`" in PAGE for name in [own, *others])
