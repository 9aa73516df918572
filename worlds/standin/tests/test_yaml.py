"""The stand-in writes YAML that a reader of YAML reads as what was meant."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from standin.cluster import Cluster
from standin.cluster.asking import NOW, ask
from standin.cluster.yaml_text import write_yaml

# Bodies hold no NaN and no infinity, for JSON has none.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
NAMES = st.text(max_size=9) | st.sampled_from(["yes", "~", "1", "a.b", "- x", "#", ""])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=12,
)


@given(value=VALUES)
def test_round_trip(value: object) -> None:
    """Any JSON value comes back as it was."""
    assert yaml.safe_load(write_yaml(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        1e300,
        -1.5e-7,
        {"k" * 2000: [1, {"a": []}]},
        {"k" * 2000: {"a": {"b": "\u2028\x7f\U0001f600"}}},
        [[[]], [{"a": [[1]]}]],
    ],
)
def test_odd_values(value: object) -> None:
    """Exponents, long keys and lists in lists are no exception."""
    assert yaml.safe_load(write_yaml(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "--- {}\n"),
        (
            {"count": 1, "jobs": [{"id": "a", "groups": ["b"]}]},
            '---\ncount: 1\njobs:\n- id: "a"\n  groups:\n  - "b"\n',
        ),
    ],
)
def test_style(value: object, text: str) -> None:
    """A document begins with a line of its own, and strings stand in quotes."""
    assert write_yaml(value) == text


def test_no_value() -> None:
    """What JSON has no word for is a bug, and not written."""
    with pytest.raises(TypeError, match="not for YAML"):
        write_yaml({1, 2})


@pytest.mark.parametrize("path", ["", "/_stats", "/nobody"])
def test_answers(path: str) -> None:
    """An answer, be it an error, says in YAML what it says in JSON."""
    cluster = Cluster()
    cluster.add_job("web", now=NOW, last_data=NOW, datafeed="started", groups=["a"])
    line = f"GET /_ml/anomaly_detectors{path}"

    json_body, yaml_text = ask(cluster, line).body, ask(cluster, f"{line}?format=yaml")

    read: Any = yaml.safe_load(yaml_text.body)
    assert (read, yaml_text.headers["content-type"]) == (json_body, "application/yaml")
