"""What a case has seen so far: the last response, and what it stashed."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from conformance.errors import Unmet
from conformance.response import Response
from conformance.stash import Stash


@dataclass
class Context:
    """What a case has seen so far."""

    response: Response = field(default_factory=Response)
    stash: Stash = field(default_factory=Stash)

    def see(self, path: str) -> Any:
        """Find the value at a path of the last response, or a stashed one."""
        return self.look(path)[1]

    def look(self, path: str) -> tuple[bool, Any]:
        """Find a value, and say whether there is one."""
        if path == "$body":
            return True, self.response.value
        if path.startswith("$") and path[1:] in self.stash:
            return True, self.stash[path[1:]]
        return self.stash.look(path, self.response.value)


def remember(context: Context, given: dict[str, str]) -> None:
    """Stash values of the last response: `set: {path: name}`."""
    for path, name in given.items():
        there, value = context.look(str(path))
        if not there:
            raise Unmet(f"set {path}: there is no such value")
        context.stash[name] = value


_ENCODE = re.compile(r"#base64EncodeCredentials\((.+),(.+)\)")


def remember_transformed(context: Context, given: dict[str, str]) -> None:
    """Stash `name: "#base64EncodeCredentials(path,path)"`."""
    for name, wanted in given.items():
        found = _ENCODE.fullmatch(wanted)
        if found is None:
            context.stash[name] = wanted
            continue
        pair = ":".join(str(context.see(path.strip())) for path in found.groups())
        context.stash[name] = base64.b64encode(pair.encode()).decode()
