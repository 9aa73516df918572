"""An answer of the cluster, read as test files see it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from standin.cluster.wire import Answer

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Response:
    """The last response: as text, and parsed where it is JSON."""

    status: int = 0
    text: str = ""
    value: Any = None
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, answer: Answer, method: str) -> "Response":
        """Read an answer; that of HEAD is whether the thing is there."""
        text = answer.body.decode(errors="replace")
        given = " ".join(
            value for key, value in answer.headers.items() if key.lower() == "warning"
        )
        warnings = [re.sub(r"\\(.)", r"\1", each) for each in _WARNING.findall(given)]
        value = answer.status < 400 if method == "HEAD" else _parsed(text)
        return cls(answer.status, text, value, warnings)

    @property
    def error(self) -> str:
        """The error as a test's regular expression sees it: Java's text, and JSON."""
        error = self.value.get("error") if isinstance(self.value, dict) else None
        if error is None:
            return self.text
        return f"{java_text(error)}\n{json.dumps(error, ensure_ascii=False)}"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def java_text(value: Any) -> str:
    """Write a value as Java's `toString` does, which tests are written against."""
    if isinstance(value, dict):
        pairs = (f"{key}={java_text(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(java_text(each) for each in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
