"""The stand-in chooses the form of an answer, and checks versions, as a server does."""

import json
from typing import Any

import pytest

from standin.cluster import Cluster, Request
from standin.cluster.asking import KEY, NOW, ask
from standin.cluster.media import plain_form

VENDOR = "application/vnd.elasticsearch+"
REFRESH = "POST /_refresh"
BOTH = (
    "A compatible version is required on both Content-Type and Accept headers if "
    "either one has requested a compatible version"
)


def vendor(version: int, form: str = "json") -> str:
    """Name a media type with a version."""
    return f"{VENDOR}{form};compatible-with={version}"


@pytest.mark.parametrize(
    ("query", "headers", "kind"),
    [
        ("", {}, "application/json"),
        ("", {"Accept": "*/*"}, "application/json"),
        ("", {"Accept": "text/html,application/xhtml+xml"}, "application/json"),
        ("", {"Accept": "text/plain"}, "application/json"),
        ("", {"Accept": "Application/YAML"}, "application/yaml"),
        ("", {"Accept": vendor(8, "yaml")}, vendor(8, "yaml")),
        ("", {"Accept": vendor(7)}, vendor(7)),
        ("", {"Content-Type": "application/yaml"}, "application/yaml"),
        ("", {"Content-Type": vendor(7)}, vendor(8)),
        ("?format=yaml", {"Accept": "application/json"}, "application/yaml"),
        ("?format=json", {"Accept": "application/yaml"}, "application/json"),
        ("?format=json", {"Accept": vendor(8)}, "application/json"),
        ("?format=xml", {"Accept": "application/yaml"}, "application/yaml"),
        ("?format=xml", {"Content-Type": "application/yaml"}, "application/yaml"),
        ("?format=", {}, "application/json"),
    ],
)
def test_form(query: str, headers: dict[str, str], kind: str) -> None:
    """The form is what `format` names, else what is accepted, else what was sent."""
    asked = ask(Cluster(), f"GET /{query}", headers=headers)

    assert (asked.status, asked.headers["content-type"]) == (200, kind)
    assert isinstance(asked.body, dict) == ("json" in kind)


@pytest.mark.parametrize("version", ["7.17.9", "9.5.0"])
def test_yaml_type(version: str) -> None:
    """YAML never says its character set."""
    asked = ask(Cluster(version), "GET /?format=yaml")

    assert asked.headers["content-type"] == "application/yaml"


@pytest.mark.parametrize(
    ("accept", "content", "body", "reason"),
    [
        (9, None, "", "Accept version must be either version 8 or 7, but found 9."),
        (6, 6, "{}", "Accept version must be either version 8 or 7, but found 6."),
        (8, 6, "{}", "Content-Type version must be either version 8 or 7, but found 6"),
        (7, 8, "{}", f"{BOTH} and the compatible versions must match. Accept="),
        (7, None, "{}", f"{BOTH} and the compatible versions must match. Accept="),
        (None, 7, "{}", f"{BOTH} and the compatible versions must match. Accept=null"),
        (8, None, "{}", f"{BOTH}. Accept={vendor(8)}, Content-Type=application/json"),
        (None, 8, "{}", f"{BOTH}. Accept=null, Content-Type={vendor(8)}"),
    ],
)
def test_versions_refused(
    accept: int | None, content: int | None, body: str, reason: str
) -> None:
    """Versions are those that the server speaks, and with a body go together."""
    given = {"Accept": accept, "Content-Type": content}
    headers = {name: vendor(each) for name, each in given.items() if each}

    asked = ask(Cluster(), REFRESH, body=body, headers=headers)

    error: Any = asked.body["error"]
    kind = "media_type_header_exception"
    assert (asked.status, error["root_cause"][0]["type"]) == (400, kind)
    assert error["reason"] == (
        "Invalid media-type value on headers [Accept, Content-Type]"
    )
    assert error["caused_by"]["type"] == "status_exception"
    assert error["caused_by"]["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("accept", "content", "body"),
    [(7, 8, ""), (None, 6, ""), (7, 7, "{}"), (8, 8, "{}"), (None, None, "{}")],
)
def test_versions_taken(accept: int | None, content: int | None, body: str) -> None:
    """Without a body the type of the request does not matter."""
    given = {"Accept": accept, "Content-Type": content}
    headers = {name: vendor(each) for name, each in given.items() if each}
    privileges = json.dumps({"cluster": ["manage_ml"]}) if body else ""
    path = "/_security/user/_has_privileges" if body else "/"

    asked = ask(Cluster(), f"GET {path}", body=privileges, headers=headers)

    assert asked.status == 200


@pytest.mark.parametrize("header", ["Accept", "Content-Type"])
@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("nonsense", "invalid media-type [nonsense]"),
        ("", "invalid media-type []"),
        ("a/b;c", "invalid parameters for header [a/b;c]"),
        (f"{VENDOR}json;compatible-with=x", 'For input string: "x"'),
    ],
)
def test_no_media_type(header: str, sent: str, reason: str) -> None:
    """A header that names no media type is refused by its name."""
    error = ask(Cluster(), "GET /", headers={header: sent}).body["error"]

    assert error["reason"] == f"Invalid media-type value on headers [{header}]"
    assert error["caused_by"]["reason"] == reason


@pytest.mark.parametrize("version", ["7.17.9", "8.9.0", "9.5.0"])
def test_no_content_type(version: str) -> None:
    """A body of which nothing is said is refused; over HTTP its type shows as empty."""
    request = Request("POST", "/_refresh", KEY, b"{}")

    answer, _ = Cluster(version).handle(request, NOW)

    assert (answer.status, json.loads(answer.body)) == (
        406,
        {"error": "Content-Type header [] is not supported", "status": 406},
    )


def test_no_json() -> None:
    """What JSON has no word for is a bug, and not written."""
    with pytest.raises(TypeError, match="not for JSON"):
        plain_form("8.9.0").write({"set": {1}}, {})
