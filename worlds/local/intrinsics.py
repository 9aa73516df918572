"""Reads template.yaml, and resolves the CloudFormation functions that it uses.

What it cannot resolve raises `UnresolvableError`; it never makes a value up.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Value = Any
"""Whatever YAML can hold: text, numbers, lists and mappings of them."""

Template = Mapping[str, Value]

NO_VALUE = object()
"""What `!Ref AWS::NoValue` resolves to; lists and mappings leave it out."""


class UnresolvableError(LookupError):
    """The template refers to something that has no value here."""


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": x}` and every other tag as `{"Fn::Tag": x}`."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Value]:
    value: Value
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = node.value.split(".", 1) if suffix == "GetAtt" else node.value
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


@cache
def load_template(path: Path) -> dict[str, Value]:
    """Read a template with its short tags spelt out, as in CloudFormation's JSON.

    Reading takes 150 ms, hence once for each path: do not change what it returns.
    """
    text = path.read_text(encoding="utf-8")
    # A SafeLoader that knows CloudFormation's tags as well.
    template = yaml.load(text, _Loader)  # noqa: S506 - it is safe
    assert isinstance(template, dict)
    return template


@dataclass(frozen=True)
class Resolver:
    """Resolves values of a template, given its parameters and what its resources are.

    `resources` maps a logical name, or a pseudo parameter such as `AWS::Region`, to
    what `!Ref` gives for it, and `Name.Attribute` to what `!GetAtt` gives.
    """

    template: Template
    parameters: Mapping[str, str]
    resources: Mapping[str, str]

    def resolve(self, value: Value) -> Value:
        """Return the value with every function in it replaced by its result."""
        if isinstance(value, list):
            return [v for v in map(self.resolve, value) if v is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        name = next(iter(value), "")
        if len(value) == 1 and name == "Ref":
            return self._ref(value[name])
        if len(value) == 1 and name == "Condition":
            return self.holds(value[name])
        if len(value) == 1 and name.startswith("Fn::"):
            return self._call(name.removeprefix("Fn::"), value[name])
        resolved = {key: self.resolve(v) for key, v in value.items()}
        return {key: v for key, v in resolved.items() if v is not NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Tell whether a condition of the template holds."""
        return bool(self.resolve(self.template["Conditions"][condition]))

    def holds_for(self, resource: Mapping[str, Value]) -> bool:
        """Tell whether a resource is made: it has no condition, or one that holds."""
        condition = resource.get("Condition")
        return condition is None or self.holds(condition)

    def _ref(self, name: str) -> Value:
        if name == "AWS::NoValue":
            return NO_VALUE
        declared = self.template.get("Parameters", {}).get(name, {})
        for value in (self.parameters.get(name), declared.get("Default")):
            if value is not None:
                return str(value)
        if name not in self.resources:
            raise UnresolvableError(name)
        return self.resources[name]

    def _call(self, name: str, argument: Value) -> Value:
        match name:
            case "If":
                condition, yes, no = argument
                return self.resolve(yes if self.holds(condition) else no)
            case "Sub":
                return self._sub(argument)
            case "GetAtt":
                return self._ref(".".join(argument))
            case "Split":
                separator, text = self.resolve(argument)
                return text.split(separator)
            case "ToJsonString":
                return json.dumps(self.resolve(argument))
            case "FindInMap":
                return self._find(*self.resolve(argument))
            case _:
                return self._decide(name, argument)

    def _decide(self, name: str, argument: Value) -> bool:
        match name:
            case "Equals":
                first, second = self.resolve(argument)
                return str(first) == str(second)
            case "Not":
                return not self.resolve(argument)[0]
            case "And":
                return all(self.resolve(argument))
            case "Or":
                return any(self.resolve(argument))
            case "Contains":  # Of rules alone.
                values, value = self.resolve(argument)
                return value in values
            case _:
                raise UnresolvableError(f"Fn::{name}")

    def _find(self, table: str, first: str, second: str, *other: Value) -> Value:
        rows = self.template["Mappings"][table]
        if other and first not in rows:
            return other[0]["DefaultValue"]
        return rows[first][second]

    def _sub(self, argument: Value) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        parts = text.split("${")
        result: str = parts[0]
        for part in parts[1:]:
            name, rest = part.split("}", 1)
            result += str(self.resolve(own[name]) if name in own else self._ref(name))
            result += rest
        return result
