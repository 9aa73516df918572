"""Prints a schedule: plain in a pipe, coloured and fitted on a terminal."""

from rich.console import Console

from idle_jobs.times import spoken
from idle_jobs_cli.output.terminal import COLOURS, print_hanging
from simulation.findings import INVARIANTS, Findings
from simulation.history import History
from simulation.schedule import Schedule
from simulation.telling.cast import Cast
from simulation.telling.endings import ends, summary
from simulation.telling.lines import Line, named
from simulation.telling.opening import opening
from simulation.telling.story import story

# Seconds: a pause in which nothing is told parts what does not belong together.
PAUSE = 600
LEGEND = (
    "Times count from the beginning. The request stands in brackets. A look is all "
    "that a closer does when it receives a message once."
)
STYLES = COLOURS | {"fault": "red"}


class Page:
    """One schedule on a console, as a whole or as the story of one job."""

    def __init__(self, console: Console, history: History, job: str = "") -> None:
        self.console, self._history, self._job = console, history, job
        self._cast = Cast(history)

    def whole(self, schedule: Schedule, findings: Findings) -> None:
        """Print a schedule from its beginning to what of it was wrong."""
        length = spoken(self._history.end - self._history.start)
        of = f", the story of {self._job}" if self._job else ""
        self._print(f"Seed {schedule.seed}{of}: a simulated day of {length}.")
        self._head("The beginning")
        for name, text in opening(schedule, self._history):
            print_hanging(self.console, f"  {name:<9} ", text)
        self._head("What happened")
        print_hanging(self.console, "", LEGEND)
        self._print()
        self.story(self._job)
        self._head("How each request for a job ended")
        self._ends()
        if not self._job:
            self._head("In sum")
            for text in summary(self._cast, findings):
                print_hanging(self.console, "  ", text)
        self._head("Problems")
        self.problems(findings)

    def story(self, job: str) -> None:
        """Print what happened to a job, or to all."""
        before = self._history.start
        for line in story(self._history, job):
            if not job and (line.at - before).total_seconds() >= PAUSE:
                self._print()
            before = line.at
            self._tell(line)

    def problems(self, findings: Findings) -> None:
        """Print what was wrong, and the story of each job that it is about."""
        if not findings.problems:
            self._print("  none: every promise was kept")
        for problem in findings.problems:
            clock = f"{self._cast.since(problem.at):>11}"
            kind, rule = problem.kind.replace("_", " "), INVARIANTS[problem.invariant]
            words = f"{kind}: {problem.what} ({problem.invariant}: {rule})"
            print_hanging(self.console, f"{clock}  ", words, "bold red")
        for job in sorted({problem.key.job_id for problem in findings.problems})[:3]:
            if job and not self._job:
                self._head(f"The story of {job}")
                self.story(job)
                state = self._history.states.get(job, "gone")
                print_hanging(self.console, "  ", f"at the end, {job} is {state}")

    def _ends(self) -> None:
        for end in ends(self._cast, self._job):
            how = f"{end.ended}: {end.reason}" if end.reason else end.ended
            count, ids = "", ""
            if end.jobs and not self._job:
                count, ids = str(len(end.jobs)), f"  {named(end.jobs)}"
            head, style = f"  {end.request:<10} {count:>3} ", STYLES.get(end.ended, "")
            print_hanging(self.console, head, how + ids, style)
        if self._job:
            state = self._history.states.get(self._job, "gone")
            print_hanging(self.console, "  ", f"at the end, {self._job} is {state}")

    def _tell(self, line: Line) -> None:
        jobs, text = " ".join(line.jobs), line.text
        if len(line.jobs) > 1:
            jobs, text = f"{len(line.jobs)} jobs", f"{text}: {named(line.jobs)}"
        head = f"{self._cast.since(line.at):>11}  {line.who:<11} {jobs:<7} "
        print_hanging(self.console, head, text, STYLES.get(line.kind, ""))

    def _head(self, text: str) -> None:
        self.console.print(f"\n{text}\n", style="bold")

    def _print(self, text: str = "") -> None:
        self.console.print(text)
