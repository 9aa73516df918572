"""What an operator or an owner said, and what has no effect, is told."""

import pytest

from builders import NOW, RULES, idle_job
from idle_jobs.policy.ignored import MOST_IGNORED, widened, without_effect
from idle_jobs.policy.judge import judge
from idle_jobs.policy.owner import Owner, OwnerMode
from idle_jobs.policy.rules import Rules
from idle_jobs.reasons import Reason

JOBS = [
    idle_job(job_id="prod-orders"),
    idle_job(job_id="web", groups=("shop", "billing-eu")),
    idle_job(job_id="apm", managed=True),
]
WITHOUT: dict[str, tuple[Rules, list[str]]] = {
    "nothing was said": (RULES, []),
    "patterns that match an id and a group": (
        Rules(keep_patterns=("prod-*", "billing-*")),
        [],
    ),
    "a pattern with a typo (F14)": (
        Rules(keep_patterns=("prod-*", "pord-*")),
        ["KEEP_PATTERNS: pord-* matches no job and no group"],
    ),
    "patterns without a star (F14)": (
        Rules(keep_patterns=("prod-", "prod")),
        [
            "KEEP_PATTERNS: prod- matches no job and no group",
            "KEEP_PATTERNS: prod matches no job and no group",
        ],
    ),
    "a pattern in capitals (F14)": (
        Rules(keep_patterns=("PROD-*",)),
        ["KEEP_PATTERNS: PROD-* matches no job and no group"],
    ),
    "another syntax (F14)": (
        Rules(keep_patterns=("prod-.*",)),
        ["KEEP_PATTERNS: prod-.* matches no job and no group"],
    ),
    "ids of managed jobs (F14)": (
        Rules(managed_jobs_allowed=("apm", "amp", "web")),
        [
            "MANAGED_JOBS_ALLOWED: amp is not a job",
            "MANAGED_JOBS_ALLOWED: web is not a managed job",
        ],
    ),
}


@pytest.mark.parametrize(("rules", "expected"), WITHOUT.values(), ids=WITHOUT)
def test_what_matches_nothing_is_named(rules: Rules, expected: list[str]) -> None:
    """Each pattern and each id that protects or allows no job is told (F14)."""
    assert expected == list(without_effect(JOBS, rules))


def test_a_pattern_that_matches_a_job_which_was_not_read_is_not_named() -> None:
    """A sweep reads the open jobs, and asks whether a pattern matches a closed one."""
    rules = Rules(keep_patterns=("old-*", "pord-*"))

    assert ["KEEP_PATTERNS: pord-* matches no job and no group"] == list(
        without_effect(JOBS, rules, frozenset({"old-*"}))
    )


def test_a_glob_is_asked_for_with_stars_alone() -> None:
    """Elasticsearch knows no other part of a glob."""
    assert ["prod-*", "prod-*-*"] == [widened("prod-*"), widened("prod-[ab]-?")]


def test_a_misspelt_owner_key_is_named_with_its_job() -> None:
    """Its owner learns which key of which job was not read (F14)."""
    owner = Owner(mode=OwnerMode.NEVER, problem="custom_settings.idle-closer: not read")
    jobs = [*JOBS, idle_job(job_id="shop", owner=owner)]

    expected = ["shop: custom_settings.idle-closer: not read"]
    assert expected == list(without_effect(jobs, RULES))


@pytest.mark.parametrize(
    "group", ["idle_closer_keep", "idle-closer-kep", "idlecloser-keep"]
)
def test_a_misspelt_group_keeps_and_is_named(group: str) -> None:
    """A group that was meant to keep its jobs does, and is told (F14)."""
    job = idle_job(groups=("shop", group))
    verdict = judge(job, NOW, RULES)

    assert Reason.KEPT_BY_OWNER == verdict.reason
    assert [f"web: group {group}, expected idle-closer-keep"] == list(
        without_effect([job], RULES)
    )


@pytest.mark.parametrize("group", ["idle-closer", "keep", "idle", "closer-keeps-off"])
def test_other_groups_keep_nothing(group: str) -> None:
    """A group of another name is no protection (F14)."""
    assert [] == list(without_effect([idle_job(groups=(group,))], RULES))


def test_no_more_are_named_than_a_person_reads() -> None:
    """The rest is a number (F14)."""
    patterns = tuple(f"no-{n}" for n in range(MOST_IGNORED + 7))
    told = list(without_effect(JOBS, Rules(keep_patterns=patterns)))

    assert (MOST_IGNORED + 1, "and 7 more") == (len(told), told[-1])
