"""CHANGELOG.md, and everything else that has the version."""

from pathlib import Path

from idle_jobs.elastic.transport import HEADERS
from idle_jobs_cli import __version__
from markdown import headings

ROOT = Path(__file__).parents[2]


def test_a_version_has_the_sections_of_keep_a_changelog() -> None:
    """Each is one of its types, and stands once in a version."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    types = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for version in changelog.split("\n## ")[1:]:
        sections = headings(version, "###")

        assert set(sections) <= types
        assert len(set(sections)) == len(sections)


def test_the_version_is_the_same_everywhere() -> None:
    """It is the command's; the changelog and the name given to the cluster agree."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased, newest, *_ = headings(changelog, "##")

    assert unreleased == "[Unreleased]"
    assert newest.startswith(f"[{__version__}] - 20")
    assert HEADERS["User-Agent"] == f"idle-job-closer/{__version__}"
