"""Runs a case against a cluster of its own, from its setup to its teardown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.apis import Api
from conformance.asserting import ASSERTIONS, check
from conformance.catching import knows
from conformance.conditions import why_not
from conformance.context import Context, remember, remember_transformed
from conformance.doing import Target, api_of, do, no_route
from conformance.errors import Unmet, Unsupported
from conformance.loading import Case, Steps
from conformance.stash import Stash
from conformance.targets import is_routed
from conformance.versions import Version

Kind = Literal["passed", "failed", "skipped"]
_CONDITIONS = ("skip", "requires")
_KEEPING = {"set": remember, "transform_and_set": remember_transformed}


@dataclass(frozen=True)
class Outcome:
    """How a case ended, and why unless it passed."""

    case: Case
    kind: Kind
    reason: str = ""


def run(case: Case, target: Target, version: Version) -> Outcome:
    """Run a case; the target is a cluster that nobody has used yet."""
    reason = why_not(case, version) or _unsupported(case, version)
    if reason:
        return Outcome(case, "skipped", reason)
    walk = _Walk(case, target, version)
    # What the setup stashes stays, as in Elastic's own runner.
    ended = walk.through("setup", case.setup)
    if ended.kind == "passed":
        ended = walk.through("test", case.steps)
    after = walk.through("teardown", case.teardown)
    return ended if ended.kind != "passed" else after


@dataclass
class _Walk:
    case: Case
    target: Target
    version: Version
    context: Context = field(default_factory=Context)

    def through(self, part: str, steps: Steps) -> Outcome:
        for number, (kind, given) in enumerate(steps, 1):
            where = f"{part}, step {number}"
            try:
                self._step(kind, given)
            except Unsupported as unsupported:
                return Outcome(self.case, "skipped", f"unsupported {unsupported}")
            except Unmet as unmet:
                return Outcome(self.case, "failed", f"{where}: {unmet}")
            except Exception as bug:  # noqa: BLE001 - the stand-in's, or a malformed step
                return Outcome(self.case, "failed", f"{where}: {bug!r}")
        return Outcome(self.case, "passed")

    def _step(self, kind: str, given: Any) -> None:
        if kind == "do":
            do(self.target, self.context, given, self.version)
        elif kind in _KEEPING:
            _KEEPING[kind](self.context, given)
        elif kind not in _CONDITIONS:
            check(self.context, kind, given)


def _unsupported(case: Case, version: Version) -> str | None:
    """Name the first thing in a case that this runner or the stand-in does not have."""
    for kind, given in case.setup + case.steps + case.teardown:
        if kind in ASSERTIONS or kind in _KEEPING or kind in _CONDITIONS:
            continue
        if kind != "do":
            return f"unsupported step {kind}"
        try:
            _check_route(*api_of(given, Stash()), version)
        except Unsupported as unsupported:
            return f"unsupported {unsupported}"
        if "catch" in given and not knows(str(given["catch"])):
            return f"unsupported catch {given['catch']}"
    return None


def _check_route(api: Api, arguments: dict[str, Any], version: Version) -> None:
    path = api.path_for(frozenset(api.parts & arguments.keys()))
    number = ".".join(map(str, version))
    if api.beside and path and not is_routed(api.methods[0], path, number):
        raise no_route(api)


def run_all(
    cases: Iterable[Case], version: Version, cluster: Callable[[], Target]
) -> list[Outcome]:
    """Run cases, each against a cluster of its own."""
    return [run(case, cluster(), version) for case in cases]
