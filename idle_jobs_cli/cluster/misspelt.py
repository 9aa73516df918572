"""Finds misspelt environment variables; pure."""

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

# Finds `IDLE_AFTR` and `MAX_CLOSE_PERCENTAGE`, but not `AWS_CA_BUNDLE`.
ALIKE = 0.86


def misspelt(
    environ: Iterable[str], meant: Collection[str], known: Collection[str]
) -> Iterator[str]:
    """Yield a problem for each unknown variable that looks like one of `meant`.

    Otherwise a misspelt setting would be ignored, and nobody would notice. `IdleAfter`,
    the name of the template's parameter, is also reported.
    """
    bare = {_bare(variable): variable for variable in meant}
    for variable in sorted(set(environ) - set(known)):
        if alike := get_close_matches(_bare(variable), bare, n=1, cutoff=ALIKE):
            yield f"{variable}: unknown, did you mean {bare[alike[0]]}?"


def _bare(variable: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", variable.upper())
