"""Decides whether a case is to be run at all: its `skip` and `requires` sections."""

from collections.abc import Iterable
from typing import Any

from conformance.loading import Case
from conformance.versions import Version, in_ranges, read_version

# Features of test runners, and what Elastic's suites assume of a cluster.
FEATURES = (
    "allowed_warnings",
    "allowed_warnings_regex",
    "arbitrary_key",
    "catch_unauthorized",
    "close_to",
    "contains",
    "default_shards",
    "embedded_stash_key",
    "exists",
    "headers",
    "is_after",
    "node_selector",
    "regex",
    "requires_replica",
    "skip_os",
    "stash_in_key",
    "stash_in_path",
    "transform_and_set",
    "warnings",
    "warnings_regex",
    "xpack",
)
_KNOWN = (
    "any",
    "awaits_fix",
    "capabilities",
    "cluster_features",
    "features",
    "known_issues",
    "os",
    "reason",
    "serverless",
    "stack",
    "test_runner_features",
    "version",
)


def why_not(case: Case, version: Version) -> str | None:
    """Say why a case is not for this runner or this version, if it is not."""
    for kind, given in case.setup + case.teardown + case.steps:
        judge = _JUDGES.get(kind)
        reason = judge(given or {}, version) if judge else None
        if reason:
            return reason
    return None


def _skip(given: dict[str, Any], version: Version) -> str | None:
    because = f": {given['reason']}" if given.get("reason") else ""
    if "version" in given and in_ranges(version, str(given["version"])):
        return f"version {given['version']}{because}"
    if "awaits_fix" in given:
        return f"awaits a fix{because}"
    for feature in _list(given.get("cluster_features")):
        if _has(feature, version):
            return f"cluster feature {feature}{because}"
    for issue in _list(given.get("known_issues")):
        if _has(issue["cluster_feature"], version):
            fixed = _has(issue["fixed_by"], version)
            if not fixed:
                return f"known issue of {issue['cluster_feature']}{because}"
    reasons = [_skip(each, version) for each in _list(given.get("any"))]
    return (
        next(filter(None, reasons), None)
        or _lacking(given, "features")
        or _incapable(given)
        or _unknown("skip", given)
    )


def _requires(given: dict[str, Any], version: Version) -> str | None:
    if given.get("stack") is False:
        return "is for serverless only"
    for feature in _list(given.get("cluster_features")):
        if not _has(feature, version):
            return f"requires cluster feature {feature}"
    reasons = [_requires(each, version) for each in _list(given.get("any"))]
    if reasons and all(reasons):
        return " and ".join(filter(None, reasons))
    return (
        _lacking(given, "test_runner_features")
        or _incapable(given)
        or _unknown("requires", given)
    )


_JUDGES = {"skip": _skip, "requires": _requires}


def _incapable(given: dict[str, Any]) -> str | None:
    """Name what the server would be asked whether it is capable of; none here is."""
    checks = _list(given.get("capabilities"))
    names = [f"{each.get('method', 'GET')} {each['path']}" for each in checks]
    return f"unsupported capabilities of {', '.join(names)}" if names else None


def _lacking(given: dict[str, Any], key: str) -> str | None:
    lacking = [each for each in _list(given.get(key)) if each not in FEATURES]
    return f"unsupported feature {', '.join(lacking)}" if lacking else None


def _unknown(kind: str, given: Iterable[str]) -> str | None:
    unknown = [key for key in given if key not in _KNOWN]
    return f"unsupported condition {kind}: {', '.join(unknown)}" if unknown else None


def _has(feature: Any, version: Version) -> bool:
    """Only the features that stand for a version are known here."""
    name = str(feature)
    return name.startswith("gte_v") and version >= read_version(name[5:])


def _list(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
