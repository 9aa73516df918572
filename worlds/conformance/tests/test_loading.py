"""How the runner of Elastic's format reads files: sections, values, versions."""

import pytest

from conformance.loading import load
from conformance.running import run
from conformance.tests.test_runner import Double
from conformance.versions import in_ranges, read_version

NOW = read_version("8.9.0")

CLIENTS = """
---
requires: { serverless: true, stack: true }
---
setup:
  - do: { info: {} }
---
teardown:
  - do: { ml.delete_job: { job_id: x, ignore: 404 } }
---
'One':
  - match: { count: 99 }
---
'One':
  - do:
      ml.post_data:
        job_id: on
        body: [ { on: yes, at: 012, when: 2026-03-02 } ]
"""


def test_sections_of_a_file_are_put_around_each_case() -> None:
    """Teardown runs after a failure, sections of one name are kept, `on` is a text."""
    first, second = load(CLIENTS, "file.yml")
    server = Double()

    assert [first.name, second.name] == ["One", "One"]
    assert run(first, server, NOW).kind == "failed"
    assert [each.method for each in server.asked] == ["GET", "DELETE"]
    assert run(second, server, NOW).kind == "passed"
    assert server.asked[3].body == b'{"on":"yes","at":12,"when":"2026-03-02"}'


@pytest.mark.parametrize(
    ("ranges", "inside"),
    [
        ("all", True),
        (" - ", True),
        ("8.9.0", True),
        ("8.0.0 - 8.8.99", False),
        ("8.9.0.alpha1 - ", True),
        (" - 8.0.99, 8.9.0 - ", True),
    ],
)
def test_version_ranges_may_be_open(ranges: str, inside: bool) -> None:
    """Either bound may be left out, and there may be several ranges."""
    assert inside is in_ranges(NOW, ranges)
