"""README.md and its companions say what the code, the template and the demo say."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import settings_table
from builders import NOW, RULES, idle_job
from idle_jobs.messages.outcome import Ended
from idle_jobs.messages.readers import BadBody
from idle_jobs.messages.request import Request, parse_request
from idle_jobs.policy.judge import RULES as ORDER
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner, OwnerMode, read_owner
from idle_jobs.policy.protection import KEEP_GROUP
from idle_jobs.policy.verdict import Action
from idle_jobs.reasons import Reason
from idle_jobs.telemetry import NAMESPACE, Metric
from local.acts import ACTS
from local.intrinsics import Value, load_template
from local.scenario import ROWS
from local.topology import TEMPLATE, Topology
from markdown import anchor, code, fences, headings, links, table
from policy.test_judge import ROWS as EXAMPLES

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "operating.md",
    ROOT / "docs" / "try-it.md",
    ROOT / "CONTRIBUTING.md",
]
README = "".join(page.read_text(encoding="utf-8") for page in PAGES)
SOURCE = load_template(TEMPLATE)
POLICY = table(README, "Condition")
FIELDS = table(README, "Field")
TIMES = table(README, "Times")
DEMO = fences(README, "text")[0].splitlines()
JOBS = {row.job_id: row for row in ROWS}
REQUESTS = re.findall(r"--(?:message-body|payload) '([^']+)'", README)


def first(rows: list[dict[str, str]], column: str) -> list[str]:
    """Return the words in backticks of a column, from the top to the bottom."""
    return [word for row in rows for word in code(row[column])]


def parsed(body: str) -> Request:
    """Return a request as the Sweeper reads it."""
    return parse_request(body, request_id="r-1", sent_at=NOW, now=NOW)


def test_the_picture_shows_every_function_and_every_queue() -> None:
    """The flow names what the template deploys, and nothing else."""
    shown = re.findall(r"\b\w+(?:er|Queue)\b(?=[\s]|$)", fences(README, "mermaid")[0])
    deployed = Topology.load()

    assert {*deployed.functions, *deployed.queues} == {
        name for name in shown if name[0].isupper()
    }


def test_the_settings_table_is_the_templates() -> None:
    """It is what `make settings-table` writes: each parameter is described once."""
    page = settings_table.PAGE.read_text(encoding="utf-8")

    assert settings_table.written(page) == page


@pytest.mark.parametrize("row", TIMES, ids=lambda row: row["Times"])
def test_the_times_are_those_that_the_template_takes(row: dict[str, str]) -> None:
    """The shortest and the longest are taken, and no unit and no number beyond."""
    patterns = {
        name: parameter["AllowedPattern"]
        for name, parameter in SOURCE["Parameters"].items()
        if re.fullmatch(r"\d+[mhd]", str(parameter.get("Default")))
    }
    names = set(code(row["Times"])) or patterns.keys() - set(first(TIMES, "Times"))
    (shortest,), (longest,) = code(row["Shortest"]), code(row["Longest"])
    over = f"{int(longest[:-1]) + 1}{longest[-1]}"
    units = {"90m": shortest.endswith("m"), "1d": longest.endswith("d")}
    taken = {shortest, longest} | {value for value, fits in units.items() if fits}
    asked = {shortest, longest, over, "0m", "0h", *units}

    assert names
    for name in names:
        assert taken == {v for v in asked if re.fullmatch(patterns[name], v)}, name


def test_the_policy_table_has_every_reason_of_the_policy() -> None:
    """The reasons are those that `judge` gives, none more, as the code lists them."""
    every = list(Reason)

    assert first(POLICY, "Reason") == every[: every.index(Reason.SWEEP_HALTED)]


def test_the_policy_table_asks_in_the_order_of_the_rules() -> None:
    """Each row stands where the rule stands that first gives its reason."""
    asked: dict[str, int] = {}
    for place, rule in enumerate(ORDER):
        for job, _, _ in EXAMPLES.values():
            if verdict := rule(job, NOW, RULES):
                asked.setdefault(verdict.reason, place)
    places = [asked[reason] for reason in first(POLICY, "Reason")]

    assert sorted(places) == places


@pytest.mark.parametrize(("_job", "action", "reason"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_policy_table_has_the_verdict(
    _job: object, action: str, reason: str
) -> None:
    """What a sweep does with a job of the policy's tests stands in its reason's row."""
    row = next(row for row in POLICY if reason in code(row["Reason"]))
    condition, sweep, *_ = row.values()

    assert action in re.findall(r"\w+", f"{condition} {sweep}")


@pytest.mark.parametrize("changes", [{}, {"last_data": None, "records": 0}])
def test_the_policy_table_has_what_notify_does(changes: dict[str, Any]) -> None:
    """Where a sweep closes without another setting, the owner's word makes a report."""
    verdict = judge(idle_job(owner=Owner(mode=OwnerMode.NOTIFY), **changes), NOW, RULES)
    row = next(row for row in POLICY if verdict.reason in code(row["Reason"]))

    assert Action.REPORT == verdict.action
    assert f"close; {verdict.action} if the owner says `notify`" == row["A sweep"]


def test_names_in_the_policy_table_exist() -> None:
    """Conditions and verdicts name parameters, request fields and owners' words."""
    names = {n for row in POLICY for n in code(" ".join([*row.values()][:3]))}
    known = {*SOURCE["Parameters"], *first(FIELDS, "Field"), KEEP_GROUP, *OwnerMode}
    known |= {"idle_after", *Reason}

    assert names <= known


def test_the_field_table_has_every_field_of_a_request() -> None:
    """The fields are those that the parser names when it refuses another."""
    with pytest.raises(BadBody) as refused:
        parsed('{"job_id": "web", "surprise": 1}')
    known = str(refused.value).split("expected one of ")[1].split(", ")

    assert first(FIELDS, "Field") == known


def test_the_field_table_has_the_defaults() -> None:
    """A default in backticks is what a request without the field has."""
    request = parsed('{"job_id": "web"}')
    told = {code(r["Field"])[0]: code(r["Default"]) for r in FIELDS}
    told = {name: default for name, default in told.items() if default}

    assert told == {
        "allow_no_match": [json.dumps(request.allow_no_match)],
        "force": [json.dumps(request.force)],
        "timeout": [request.timeout],
        "only_if_idle": [json.dumps(bool(request.only_if_idle))],
        "despite_halt": [json.dumps(request.despite_halt)],
    }


def test_the_example_requests_are_accepted() -> None:
    """The plan asks for all that are idle, the message for one, whatever it does."""
    wish, plan = map(parsed, REQUESTS)

    assert (plan.is_everything, plan.only_if_idle) == (True, True)
    assert (wish.is_exact, bool(wish.only_if_idle)) == (True, False)


def test_every_json_example_is_json() -> None:
    """The owner's settings and the API keys' bodies parse, and say what they should."""
    owner, *others = map(json.loads, fences(README, "json"))
    keys = [each for each in others if "role_descriptors" in each]
    read = read_owner(owner["custom_settings"])
    rights = [right for key in keys for right in key["role_descriptors"].values()]

    assert ("", OwnerMode.AUTO, "team-x") == (read.problem, read.mode, read.name)
    assert {"manage_ml", "monitor_ml", "monitor"} == {
        name for r in rights for name in r["cluster"]
    }


def test_every_setting_of_an_owner_is_explained() -> None:
    """The list has exactly the settings that the reader names, and every mode."""
    problem = read_owner({"idle_closer": {"surprise": 1}}).problem
    section = README.split("## What a job's owner can set")[1].split("\n## ")[0]
    listed = re.findall(r"^- `(\w+)`", section, re.MULTILINE)

    assert listed == problem.split("expected one of ")[1].split(", ")
    assert set(OwnerMode) <= set(code(section))


def test_every_alarm_and_every_metric_is_explained() -> None:
    """The table has all of the template's alarms and all of the code's metrics."""
    resources = SOURCE["Resources"].items()
    alarms = {n for n, r in resources if r["Type"] == "AWS::CloudWatch::Alarm"}
    told = first(table(README, "Alarm or metric"), "Alarm or metric")

    assert {*alarms, *Metric} == set(told)
    assert len(set(told)) == len(told)
    assert NAMESPACE in code(README)


def test_every_end_is_explained() -> None:
    """A list has the four ends, in their order."""
    listed = re.findall(r"^- `(\w+)`", README, re.MULTILINE)

    assert [word for word in listed if word in set(Ended)] == list(Ended)


def test_reasons_for_skipping_and_parking_exist() -> None:
    """What looks like a reason in the sections on outcomes is one."""
    outcomes = README.split("- `skipped`: ")[1].split("\n")[0]
    runbook = README.split("**Remove the cause.**")[1].split("\n")[0]

    assert set(code(outcomes)) | set(code(runbook)) <= set(Reason)


def actions(value: Value, key: str = "") -> Iterator[str]:
    """Yield every action that a role allows; who may take the role is another thing."""
    if isinstance(value, dict) and "Principal" not in value:
        for name, inner in value.items():
            yield from actions(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from actions(inner, key)
    elif key in {"Action", "Read", "ReadAndWrite"}:
        yield str(value)


def test_every_permission_is_explained() -> None:
    """The table has exactly the actions that the roles allow."""
    told = first(table(README, "Action"), "Action")

    assert {*actions(SOURCE["Resources"]), *actions(SOURCE["Mappings"])} == set(told)


@pytest.mark.parametrize("line", [line for line in DEMO if line[2:3] == ":"])
def test_the_demo_tells_of_the_scenario(line: str) -> None:
    """Each job of the excerpt is in the scenario, and ends as its row says."""
    function, job_id = line[10:22].strip(), line[22:39].strip()
    said = line[39:].split(",", maxsplit=1)[0].replace(": ", " ")

    assert function in Topology.load().functions
    assert job_id in {*JOBS, ""}
    if said.split()[0] in set(Ended):
        assert JOBS[job_id].outcome == said


def test_the_demo_counts_every_row() -> None:
    """The counts of the last lines are those of the acts' rows."""
    rows = [row for act in ACTS for row in act.rows]
    counts = Counter(row.outcome.split()[0] for row in rows if row.outcome)
    counted, last = DEMO[-2:]

    assert dict(counts) == {
        end: int(count) for count, end in re.findall(r"(\d+) (\w+)[,;]", counted)
    }
    assert last == f"All {len(rows)} jobs ended as expected."


def test_make_knows_every_target() -> None:
    """Each `make` that is named is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {word.split()[1] for word in code(README) if word.startswith("make ")}

    assert {"demo", "test", "check"} <= named
    assert named <= set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))


def test_the_picture_of_the_report_is_there() -> None:
    """It is told in words, too, and is no burden to a clone."""
    page = PAGES[0].read_text(encoding="utf-8")
    ((told, place),) = re.findall(r"^!\[([^\]]+)\]\(([^)]+)\)$", page, re.MULTILINE)
    picture = (ROOT / place).read_bytes()

    assert len(told.split()) > 20
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) < 200_000


EVERY_PAGE = [*PAGES, *sorted({*(ROOT / "docs").glob("*.md")} - {*PAGES})]
LINKS = [(p, link) for p in EVERY_PAGE for link in links(p.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "link"), sorted(set(LINKS)), ids=str)
def test_links_lead_somewhere(page: Path, link: str) -> None:
    """A link is a heading of a page or a file of this repository."""
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page

    assert target.exists()
    if heading:
        text = target.read_text(encoding="utf-8")
        assert heading in map(anchor, headings(text))
