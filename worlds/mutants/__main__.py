"""`make mutants`: break the product in each place, and print who noticed it.

For each mutant its unit tests are run, and the schedules if the simulation has to find
it, too. `SHARE=3/7` takes the third of seven parts of the mutants, `SHARE=today` the
part of the day, so that each week all have had their turn.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from time import monotonic

from idle_jobs.times import spoken
from mutants.deaths import Death, by_seeds, by_units, control
from mutants.table import MUTANTS

# Loaded once, and then there in each process; the tests' files are imported in it.
PRELOADED = ["pytest", "hypothesis", "conftest", "mutants.deaths"]
PARTS = 7


@dataclass(frozen=True)
class Fate:
    """How a mutant fared: each way is None where nobody asks for it."""

    units: Death | None
    seeds: Death | None
    clean: Death | None

    @property
    def why_alive(self) -> str:
        """Say why the mutant is not dead, empty if it is."""
        for death in (self.units, self.seeds, self.clean):
            if death and death.trouble:
                return death.trouble
        if self.units and not self.units.by:
            return "no unit test fails"
        if self.seeds and not self.seeds.by:
            return "no schedule shows it"
        return "so does the product" if self.clean and self.clean.by else ""


def main(environ: Mapping[str, str], today: datetime) -> int:
    """Print the table; 1 if a mutant lives, 2 if the question makes no sense."""
    try:
        part, parts = share(environ.get("SHARE", ""), today)
        names = in_part(part, parts, chosen(environ.get("MUTANT", "")))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    begun = monotonic()
    print(f"{len(names)} mutants, part {part} of {parts}\n")
    alive = []
    for name, fate in fates(names):
        print(*rows(name, fate), sep="\n", flush=True)
        alive += [f"{name}: {fate.why_alive}"] if fate.why_alive else []
    took = timedelta(seconds=monotonic() - begun)
    print(f"\n{len(names) - len(alive)} of {len(names)} died", end=" ")
    print(f"in {spoken(took)}", *(f"\nalive: {a}" for a in alive))
    return 1 if alive else 0


def chosen(text: str) -> list[str]:
    """Return the mutants whose names hold a text."""
    names = [name for name in MUTANTS if text in name]
    if not names:
        raise ValueError(f"MUTANT: no mutant has {text!r:.60} in its name")
    return names


def share(text: str, today: datetime) -> tuple[int, int]:
    """Return which part of how many is due: `3/7`, `today`, or all of them."""
    if text == "today":
        return today.toordinal() % PARTS + 1, PARTS
    part, _, parts = (text or "1/1").partition("/")
    if not (part.isdigit() and parts.isdigit() and 0 < int(part) <= int(parts)):
        raise ValueError(f"SHARE: expected today or a share as 3/7, got {text!r:.60}")
    return int(part), int(parts)


def in_part(part: int, parts: int, names: Sequence[str]) -> list[str]:
    """Return the mutants of one part; each part has as many of the simulation."""
    lived = [name for name in names if MUTANTS[name].kind]
    others = [name for name in names if not MUTANTS[name].kind]
    return [*lived[part - 1 :: parts], *others[part - 1 :: parts]]


def fates(names: Sequence[str]) -> Iterator[tuple[str, Fate]]:
    """Kill mutants on all cores, each in a process that has loaded none before."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(mp_context=context, max_tasks_per_child=1) as pool:
        units = {n: pool.submit(by_units, n) for n in names if MUTANTS[n].tests}
        seeds = {n: pool.submit(by_seeds, n) for n in names if MUTANTS[n].kind}
        for name in names:
            dead = _result(seeds.get(name))
            clean = None
            if dead and dead.by:
                clean = pool.submit(control, name, dead.seed + 1)
            yield name, Fate(_result(units.get(name)), dead, _result(clean))


def _result(future: "Future[Death] | None") -> Death | None:
    try:
        return future.result() if future else None
    except Exception as error:  # noqa: BLE001 - whatever it is, the mutant lives
        return Death("", 0, trouble=f"{type(error).__name__}: {error}")


def rows(name: str, fate: Fate) -> list[str]:
    """Return the lines of one mutant."""
    killers = [_killer(d) for d in (fate.units, fate.seeds) if d]
    return [f"{name}", *(f"    {killer}" for killer in killers)]


def _killer(death: Death) -> str:
    where = f", seed {death.seed}" if death.seed >= 0 else ""
    return f"{death.seconds:6.1f}s  {death.by or death.trouble or 'ALIVE'}{where}"


if __name__ == "__main__":
    sys.exit(main(os.environ, datetime.now(UTC)))
