"""Builds the request of an API from the arguments that a case gives."""

import json
from typing import Any
from urllib.parse import quote, urlencode

from conformance.apis import Api, parts_of
from conformance.stash import Stash
from conformance.versions import Version
from standin.cluster.wire import Request

# `x_pack_rest_user:x-pack-test-password`, the superuser of Elastic's own tests.
TEST_USER = "Basic eF9wYWNrX3Jlc3RfdXNlcjp4LXBhY2stdGVzdC1wYXNzd29yZA=="


def build(
    api: Api,
    given: dict[str, Any],
    headers: dict[str, Any],
    stash: Stash,
    version: Version,
) -> Request:
    """Build the request; a ValueError is what a client would refuse to send."""
    arguments: dict[str, Any] = {
        name: stash.fill(value) for name, value in given.items() if name != "ignore"
    }
    for name in arguments:
        if not api.knows(name, version):
            raise ValueError(f"parameter {name} of {api.name}")
    body = _body(arguments.pop("body", None), stash)
    _refuse_retired(api, body, version)
    path = _path(api, arguments)
    left = {key: text(each) for key, each in arguments.items() if key not in api.parts}
    line = f"{path}?{urlencode(left)}" if left else path
    sent = _headers(body, stash.fill(headers))
    return Request(api.method_for(body=bool(body)), line, sent, body)


def _refuse_retired(api: Api, body: bytes, version: Version) -> None:
    # What may stand in the query or in the body is retired in both at once.
    for name in api.params:
        if f'"{name}":'.encode() in body and not api.knows(name, version):
            raise ValueError(f"parameter {name} of {api.name}")


def _path(api: Api, arguments: dict[str, Any]) -> str:
    given = api.parts & arguments.keys()
    path = api.path_for(given)
    if path is None:
        missing = sorted(parts_of(api.paths[0]) - given)
        raise ValueError(f"{api.name} without {', '.join(missing)}")
    for name in given:
        path = path.replace(f"{{{name}}}", quote(text(arguments[name]), safe=",*"))
    return path


def _headers(body: bytes, given: dict[str, Any]) -> dict[str, str]:
    headers = {"authorization": ("Authorization", TEST_USER)}
    if body:
        kind = "x-ndjson" if body.endswith(b"\n") else "json"
        headers["content-type"] = ("Content-Type", f"application/{kind}")
    for name, value in given.items():
        headers[name.lower()] = (name, text(value))
    return dict(headers.values())


def text(value: Any) -> str:
    """Write a value as it stands in a URL."""
    if isinstance(value, list):
        return ",".join(text(each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _body(value: Any, stash: Stash) -> bytes:
    """Write a body: one document, or several with one on each line."""
    if value is None:
        return b""
    given = value if isinstance(value, list) else [value]
    documents = [line for each in given for line in _documents(each, stash)]
    if len(documents) == 1:
        return documents[0].encode()
    return "".join(f"{document}\n" for document in documents).encode()


def _documents(value: Any, stash: Stash) -> list[str]:
    if not isinstance(value, str):
        return [_written(value)]
    decoder, found, rest = json.JSONDecoder(), [], value.strip()
    try:
        while rest:
            document, end = decoder.raw_decode(rest)
            found.append(stash.fill(document))
            rest = rest[end:].lstrip()
    except ValueError:
        # Not JSON: what the case wants to be sent is sent as it is.
        return [value.rstrip("\n")]
    return [_written(each) for each in found]


def _written(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
