"""Variables that were meant as settings, but are none; pure."""

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

# How alike: `IDLE_AFTR` and `MAX_CLOSE_PERCENTAGE` are, `AWS_CA_BUNDLE` is not.
ALIKE = 0.86


def misspelt(
    environ: Iterable[str], meant: Collection[str], known: Collection[str]
) -> Iterator[str]:
    """Yield a problem for each unknown variable that looks like one that is meant.

    Ignored in silence, it would be a rule that its owner believes in. Whoever writes
    `IdleAfter` means the variable, not the parameter of the template.
    """
    bare = {_bare(variable): variable for variable in meant}
    for variable in sorted(set(environ) - set(known)):
        if alike := get_close_matches(_bare(variable), bare, n=1, cutoff=ALIKE):
            yield f"{variable}: unknown, did you mean {bare[alike[0]]}?"


def _bare(variable: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", variable.upper())
