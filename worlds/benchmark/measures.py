"""All lines of the table in docs/performance.md, in their order."""

from benchmark.lines import Goal, Line
from benchmark.starts import STARTS


def _lists(name: str) -> tuple[tuple[str, str], ...]:
    return (("official client", f"7.lists.{name}"), ("with gzip", f"7.gzip.{name}"))


LINES = (
    Line(
        "1,000 jobs of 200 ms are closed",
        "s",
        "1.ours.closed",
        (
            ("a loop", "1.loop.closed"),
            ("16 threads", "1.16.closed"),
            ("32 threads", "1.32.closed"),
        ),
        (
            Goal(1 / 30, "1.loop.closed", says="≤ 1/30 of the loop"),
            Goal(1, "1.32.closed", says="≤ the 32 threads"),
        ),
    ),
    Line("the last of their messages has ended", "s", "1.ours.ended"),
    Line(
        "requests a job",
        "",
        "1.ours.requests",
        (("32 threads", "1.32.requests"),),
        (Goal(2.4, says="≤ 2.4"),),
    ),
    Line(
        "CPU time a job",
        "ms",
        "1.ours.cpu",
        (("32 threads", "1.32.cpu"),),
        (Goal(0.5, "1.32.cpu", before=True, says="≤ half of before, beside the peer"),),
    ),
    Line(
        "closings at a time",
        "",
        "1.ours.at_once",
        goals=(Goal(32, says="≤ 32"),),
    ),
    Line(
        "1,000 jobs of 0.2 to 3 s are closed",
        "s",
        "2.ours.closed",
        (("the bound", "2.bound.closed"), ("32 threads", "2.32.closed")),
    ),
    Line(
        "the same, in times of the bound",
        "",
        "2.ours.times.closed",
        (("32 threads", "2.32.times.closed"),),
        (Goal(1.1, says="≤ 1.10"),),
    ),
    Line(
        "the last of their messages has ended, in times of it",
        "",
        "2.ours.times.ended",
    ),
    Line(
        "Lambda seconds for them",
        "s",
        "2.ours.billed",
        goals=(Goal(60, says="≤ 60 s"),),
    ),
    Line(
        "closings at a time",
        "",
        "2.ours.at_once",
        goals=(Goal(32, says="≤ 32"),),
    ),
    Line(
        "Lambda seconds for 1,000 closes of 30 s",
        "s",
        "3.ours.seconds",
        (("ten at a time", "3.ten.seconds"), ("one each", "3.each.seconds")),
        (
            Goal(1 / 36, "3.ten.seconds", says="≤ 1/36 of ten at a time"),
            Goal(1 / 140, "3.each.seconds", says="≤ 1/140 of one each"),
        ),
    ),
    Line(
        "dollars for 1,000 closes of 30 s",
        "$",
        "4.ours.dollars",
        (
            ("Step Functions", "4.workflow.dollars"),
            ("Lambda, ten at a time", "4.ten.dollars"),
            ("Lambda, one each", "4.each.dollars"),
        ),
        (Goal(0.003, says="≤ $0.003"),),
    ),
    Line(
        "dollars for an idle month",
        "$",
        "4.ours.month",
        goals=(Goal(2, says="≤ $2.00"),),
    ),
    *STARTS,
    Line(
        "CPU time a job in a warm batch",
        "ms",
        "6.ours.cpu",
        (("close alone", "6.close.cpu"), ("with two stats", "6.stats.cpu")),
        (Goal(1.5, says="≤ 1.5 ms"),),
    ),
    Line(
        "the same over TLS",
        "ms",
        "6.ours.tls.cpu",
        (("close alone", "6.close.tls.cpu"), ("with two stats", "6.stats.tls.cpu")),
    ),
    Line(
        "new connections a warm batch",
        "",
        "6.ours.connections",
        goals=(Goal(0, says="none"),),
    ),
    Line(
        "sweep of 9,999 jobs, 300 open: bytes",
        "MB",
        "7.ours.bytes",
        _lists("bytes"),
        (Goal(1 / 400, "7.lists.bytes", says="≤ 1/400 of the official client"),),
    ),
    Line(
        "the same: CPU time",
        "ms",
        "7.ours.cpu",
        _lists("cpu"),
        (Goal(0.1, "7.lists.cpu", says="≤ 1/10 of the official client"),),
    ),
    Line(
        "the same: growth of memory",
        "MB",
        "7.ours.growth",
        _lists("growth"),
        (Goal(10, says="≤ 10 MB"),),
    ),
    Line(
        "the same: searches in the cluster",
        "",
        "7.ours.searches",
        (("official client", "7.lists.searches"),),
        (Goal(1 / 30, "7.lists.searches", says="≤ 1/30 of the official client"),),
    ),
    Line("without the privilege monitor: CPU time", "ms", "7.plain.ours.cpu"),
    Line("without it: searches in the cluster", "", "7.plain.ours.searches"),
    Line("1,000 idle jobs: bytes of log a sweep", "kB", "7.idle.log"),
    Line(
        "1,000 idle jobs: lines of log a sweep",
        "",
        "7.idle.lines",
        goals=(Goal(1010, says="one a job"),),
    ),
    Line(
        "growth of a sweep with 3 % open (1 is linear)",
        "",
        "8.3.growth",
        goals=(Goal(1.1, says="≤ 1.1"),),
    ),
    Line(
        "growth of a sweep with all open (1 is linear)",
        "",
        "8.100.growth",
        goals=(Goal(1.1, says="≤ 1.1"),),
    ),
    Line(
        "sizes of clusters that are refused",
        "",
        "8.sweeps.refused",
        goals=(Goal(0, says="none"),),
    ),
    Line(
        "growth of closing with 10 to 1,000 messages (1 is linear)",
        "",
        "8.queue.growth",
        goals=(Goal(1.1, says="≤ 1.1"),),
    ),
)
