"""Writes JSON values as YAML in the style of Jackson; it knows no answer's meaning."""

import re
from collections.abc import Iterator

# What may stand as a key without quotes, unless it is another word for a value.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_ESCAPED = re.compile(r"[^ !#-\[\]-~]")
_SHORT = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
# A key that shares its line with its value has less than 1,024 characters.
_LONGEST = 1000

_Block = dict[str, object] | list[object]


def write_yaml(value: object) -> str:
    """Write a document; what is callable is worked out here.

    Source: the output of Jackson's YAML generator as Elasticsearch sets it up: a line
    that starts the document, strings in quotes, lists as deep as their field.
    """
    node = _node(value)
    if isinstance(node, str):
        return f"--- {node}\n"
    return "\n".join(["---", *_block(node)]) + "\n"


def _block(node: _Block) -> Iterator[str]:
    """Write the lines of a map or a list."""
    if isinstance(node, dict):
        for name, each in node.items():
            yield from _field(_key(name), _node(each))
        return
    for each in map(_node, node):
        lines = iter([each]) if isinstance(each, str) else _block(each)
        yield f"- {next(lines)}"
        yield from (f"  {line}" for line in lines)


def _field(key: str, node: str | _Block) -> Iterator[str]:
    if len(key) > _LONGEST:
        yield f"? {key}"
        key = ""
    if isinstance(node, str):
        yield f"{key}: {node}"
        return
    yield f"{key}:"
    indent = "" if isinstance(node, list) else "  "
    yield from (indent + line for line in _block(node))


def _node(value: object) -> str | _Block:
    """Write what fits behind its key; a map or a list that holds something does not."""
    value = value() if callable(value) else value
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case float():
            return _number(value)
        case int():
            return str(value)
        case dict():
            return value or "{}"
        case list():
            return value or "[]"
    raise TypeError(f"not for YAML: {value!r}")


def _number(value: float) -> str:
    # With an exponent YAML 1.1 still wants a point.
    digits, power, exponent = repr(value).partition("e")
    return f"{digits}{'' if '.' in digits or not power else '.0'}{power}{exponent}"


def _key(name: str) -> str:
    plain = _PLAIN.fullmatch(name) and name.lower() not in _WORDS
    return name if plain else _quoted(name)


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    long = f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
    return _SHORT.get(character, long)
