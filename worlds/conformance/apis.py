"""The table of the APIs: which path, method and parameters each one has."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.versions import Version, read_version

# Every API takes these.
COMMON = frozenset({"pretty", "human", "error_trace", "source", "filter_path"})
_TABLE = Path(__file__).with_name("apis.txt")
_BODIES = ("body", "body!")
_PARAMETER = re.compile(r"([a-z_]+)(?:(<|>=)([0-9.]+))?")


@dataclass(frozen=True)
class Api:
    """An API; `beside` the scope of the stand-in, which may lack it."""

    name: str
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    body: str
    params: dict[str, tuple[str, Version]]
    beside: bool

    @property
    def parts(self) -> frozenset[str]:
        """The parts of all its paths."""
        return frozenset().union(*(parts_of(path) for path in self.paths))

    def knows(self, name: str, version: Version) -> bool:
        """Say whether an argument is one of this API's in this version."""
        if name in COMMON or name in self.parts:
            return True
        if name == "body":
            return self.body != ""
        if name not in self.params:
            return False
        kind, bound = self.params[name]
        return version < bound if kind == "<" else version >= bound

    def path_for(self, given: frozenset[str]) -> str | None:
        """Choose the path that uses just the parts given."""
        fitting = (path for path in self.paths if parts_of(path) == given)
        return next(fitting, None)

    def method_for(self, *, body: bool) -> str:
        """Choose the method; one that says GET and POST sends a body by POST."""
        if body and "POST" in self.methods:
            return "POST"
        return self.methods[0]


def parts_of(path: str) -> frozenset[str]:
    """Name the parts in the braces of a path."""
    return frozenset(re.findall(r"\{(\w+)\}", path))


def find_api(name: str) -> Api | None:
    """Find an API, also by the name that it had until 7.0."""
    return _table().get(name.removeprefix("xpack."))


def raw_api(method: str, path: str, given: Iterable[str]) -> Api:
    """Make the API of a request that a case writes itself; it has any parameter."""
    params = {name: (">=", read_version("0")) for name in given if name != "body"}
    return Api("raw", (method,), ("/" + path.lstrip("/"),), "body", params, beside=True)


@cache
def _table() -> dict[str, Api]:
    lines = _TABLE.read_text("utf-8").splitlines()
    apis = [_api(line) for line in lines if line and not line.startswith("#")]
    return {api.name: api for api in apis}


def _api(line: str) -> Api:
    name, methods, paths, *rest = line.split()
    params: dict[str, tuple[str, Version]] = {}
    for word in (word for word in rest if word not in _BODIES):
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is no parameter of {name}")
        bound = read_version(match[3] or "0")
        params[match[1]] = (match[2] or ">=", bound)
    return Api(
        name.removeprefix("~"),
        tuple(methods.split(",")),
        tuple(paths.split(",")),
        next((word for word in rest if word in _BODIES), ""),
        params,
        name.startswith("~"),
    )
