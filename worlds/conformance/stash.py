"""What a case remembers: the last response, stashed values, and paths into both."""

import random
import re
from typing import Any

_TOKEN = re.compile(r"(?:\\.|[^.\\])+|(?<=\.)(?=\.|$)")
_EMBEDDED = re.compile(r"\$\{(\w+)\}")


class Stash(dict[str, Any]):
    """Stashed values by name, and how they are put in for `$name` and `${name}`."""

    def fill(self, value: Any) -> Any:
        """Replace stashed names in a value, at any depth and in keys, too."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, dict):
            return {self.fill(str(key)): self.fill(each) for key, each in value.items()}
        return value

    def _text(self, text: str) -> Any:
        for name in (text.removeprefix("$"), text[2:-1]):
            if text in (f"${name}", f"${{{name}}}") and name in self:
                return self[name]
        return _EMBEDDED.sub(self._embedded, text)

    def _embedded(self, match: re.Match[str]) -> str:
        return str(self[match[1]]) if match[1] in self else match[0]

    def find(self, path: str, value: Any) -> Any:
        """Follow a path into a value; what is not there is None."""
        return self.look(path, value)[1]

    def look(self, path: str, value: Any) -> tuple[bool, Any]:
        """Follow a path, and say also whether it leads anywhere."""
        for token in _TOKEN.findall(path):
            key = str(self._text(re.sub(r"\\(.)", r"\1", token)))
            there, value = _step(key, value)
            if not there:
                return False, None
        return True, value


def _step(key: str, value: Any) -> tuple[bool, Any]:
    if isinstance(value, dict):
        if key == "_arbitrary_key_" and value:
            return True, random.choice(list(value))  # noqa: S311 - any will do
        return key in value, value.get(key)
    if isinstance(value, list) and key.lstrip("-").isdigit():
        index = int(key)
        inside = -len(value) <= index < len(value)
        return inside, value[index] if inside else None
    return False, None
