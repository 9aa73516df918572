"""Decides a call as IAM does, for the parts of its language that template.yaml uses.

What it does not know raises an error; it never guesses.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who calls. `arn` is a principal of `account`, or "" for a service and for nobody.

    `policy` holds the statements of the principal's own policies; `keys` is what AWS
    knows of the call beside, such as `aws:SourceArn`.
    """

    arn: str = ""
    account: str = ""
    service: str = ""
    policy: tuple[Statement, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


def allows(
    caller: Caller,
    action: str,
    resource: str,
    policy: Iterable[Statement],
    *,
    account: str,
    encrypted: bool = True,
) -> bool:
    """Tell whether a call to a resource of `account` with this policy is allowed.

    A denial by anybody wins. Within an account, the policy of the principal or that of
    the resource suffices; from another account both have to allow it. Services and
    those who sign nothing have no policy of their own.
    """
    context = {"aws:SecureTransport": str(encrypted).lower(), **caller.keys}
    if caller.arn:
        # For a role it is the role's, not that of the session that was assumed.
        context["aws:PrincipalArn"] = caller.arn
    on_resource = {
        statement["Effect"]
        for statement in policy
        if _names(caller, statement["Principal"])
        and _applies(statement, action, resource, context)
    }
    own = {
        statement["Effect"]
        for statement in caller.policy
        if _applies(statement, action, resource, context)
    }
    if "Deny" in on_resource | own:
        return False
    if caller.account == account:
        return "Allow" in on_resource | own
    return "Allow" in on_resource and (not caller.arn or "Allow" in own)


def _names(caller: Caller, principal: object) -> bool:
    if principal == "*":
        return True
    match principal:
        case {"Service": service}:
            return caller.service in _listed(service)
        case {"AWS": arn}:
            return caller.arn in _listed(arn)
    raise NotImplementedError(principal)


def _applies(
    statement: Statement, action: str, resource: str, context: Mapping[str, str]
) -> bool:
    if left := statement.keys() & {"NotAction", "NotResource", "NotPrincipal"}:
        raise NotImplementedError(left)
    actions, ignore = _listed(statement["Action"]), re.IGNORECASE
    return (
        any(_like(action, each, ignore=ignore) for each in actions)
        and any(_like(resource, each) for each in _listed(statement["Resource"]))
        and all(
            _holds(name, key, _listed(values), context)
            for name, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(name: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    """Tell whether one key fulfils a condition.

    Several values are alternatives; for a negated operator none of them may match. A
    key that is missing matches nothing, so it fulfils a negated operator. `Null` asks
    whether it is missing.
    """
    if name == "Null":
        return str(key not in context).lower() in values
    if_exists, negated = name.endswith("IfExists"), "Not" in name
    matches = _OPERATORS[name.removesuffix("IfExists").replace("Not", "")]
    if key not in context:
        return if_exists or negated
    return any(matches(context[key], value) for value in values) is not negated


def _same_arn(arn: str, pattern: str) -> bool:
    """Compare two ARNs part by part; a wildcard does not reach beyond its part."""
    parts, patterns = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


def _like(text: str, pattern: str, *, ignore: int = 0) -> bool:
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return bool(re.fullmatch(wild, text, ignore))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    # IAM treats the two alike.
    "ArnEquals": _same_arn,
    "ArnLike": _same_arn,
    "StringEquals": operator.eq,
    "StringLike": _like,
    "Bool": lambda text, value: text.lower() == value.lower(),
}
