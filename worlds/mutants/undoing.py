"""Mutants of an undo: what it may open, and what it starts."""

from mutants.changes import NoBranch, NoCondition, Wrong
from mutants.mutant import Mutant, mutant

UNDOING: dict[str, Mutant] = {
    "an undo opens what somebody else closed": mutant(
        "steps.undoing",
        NoCondition("_not_ours", "US"),
        "steps/undoing",
    ),
    "an undo opens what was closed again": mutant(
        "steps.undoing",
        NoBranch("_of_closed", "moment"),
        "steps/undoing",
    ),
    "an undo takes any open job for its own": mutant(
        "steps.undoing",
        NoBranch("next_undo", "_is_marked"),
        "steps/undoing",
    ),
    "an undo starts a datafeed that did not run": mutant(
        "steps.undoing",
        NoBranch("_of_opened", "_RAN"),
        "steps/undoing",
    ),
    "an undo opens many jobs at once": mutant(
        "reopening",
        NoCondition("reopen_closings", "MOST_OPENING"),
        "reopener",
    ),
    "an undo opens on an old read": mutant(
        "reopening",
        Wrong("_is_old", lambda *_: False),
        "reopener",
    ),
}
