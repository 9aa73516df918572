"""What a job's owner may say in custom_settings, and what becomes of nonsense."""

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

import pytest

from idle_jobs.elastic.lists import CONFIG_FIELDS
from idle_jobs.policy.owner import NO_OWNER_SETTINGS, Owner, OwnerMode, read_owner

FIELDS = CONFIG_FIELDS.split(",")

WISHES: dict[str, tuple[object, Owner]] = {
    "no custom settings": (None, NO_OWNER_SETTINGS),
    "custom settings of others": ({"created_by": "me"}, NO_OWNER_SETTINGS),
    "custom settings of another shape": ("idle_closer", NO_OWNER_SETTINGS),
    "a list of custom settings": (["idle_closer"], NO_OWNER_SETTINGS),
    "an empty wish": ({"idle_closer": {}}, NO_OWNER_SETTINGS),
    "auto": ({"idle_closer": {"mode": "auto"}}, Owner(mode=OwnerMode.AUTO)),
    "notify": ({"idle_closer": {"mode": "notify"}}, Owner(mode=OwnerMode.NOTIFY)),
    "never": ({"idle_closer": {"mode": "never"}}, Owner(mode=OwnerMode.NEVER)),
    "a longer time": (
        {"idle_closer": {"idle_after": "14d"}},
        Owner(idle_after=timedelta(days=14)),
    ),
    "a keep mark": (
        {"idle_closer": {"keep_open_until": "2026-12-24T00:00:00Z"}},
        Owner(keep_open_until=datetime(2026, 12, 24, tzinfo=UTC)),
    ),
    "a name": ({"idle_closer": {"owner": "team-x"}}, Owner(name="team-x")),
    "two words at once": (
        {"idle_closer": {"mode": "auto", "owner": "team-x"}},
        Owner(mode=OwnerMode.AUTO, name="team-x"),
    ),
}
NONSENSE: dict[str, tuple[object, str]] = {
    "nothing": (None, ": expected an object, got None"),
    "a text": ("never", ": expected an object, got 'never'"),
    "a list": ([], ": expected an object, got []"),
    "an unknown mode": (
        {"mode": "off"},
        ".mode: expected auto, notify or never, got 'off'",
    ),
    "a mode in capitals": (
        {"mode": "NEVER"},
        ".mode: expected auto, notify or never, got 'NEVER'",
    ),
    "a mode that is a list": (
        {"mode": ["auto"]},
        ".mode: expected auto, notify or never, got ['auto']",
    ),
    "a time in words": (
        {"idle_after": "two weeks"},
        ".idle_after: expected a time value such as 30m, 48h or 7d, got 'two weeks'",
    ),
    "a time as a number": (
        {"idle_after": 14},
        ".idle_after: expected a time value such as 30m, 48h or 7d, got 14",
    ),
    "a keep mark without an offset": (
        {"keep_open_until": "tomorrow"},
        (
            ".keep_open_until: expected an RFC 3339 time with an offset, such as "
            "2026-01-31T06:00:00Z, got 'tomorrow'"
        ),
    ),
    "an owner as a number": (
        {"owner": 7},
        ".owner: expected up to 100 characters, got 7",
    ),
    "an owner without end": (
        {"owner": "x" * 101},
        f".owner: expected up to 100 characters, got '{'x' * 59}",
    ),
    "a word that we do not know": (
        {"idle_afer": "14d"},
        ".idle_afer: expected one of mode, idle_after, keep_open_until, owner",
    ),
    "one wrong word beside a right one": (
        {"mode": "auto", "keep": True},
        ".keep: expected one of mode, idle_after, keep_open_until, owner",
    ),
}


@pytest.mark.parametrize(("settings", "expected"), WISHES.values(), ids=WISHES)
def test_an_owners_word_is_read(settings: object, expected: Owner) -> None:
    """What the owner says is taken as said; silence is no wish."""
    assert expected == read_owner(settings)


@pytest.mark.parametrize(("ours", "problem"), NONSENSE.values(), ids=NONSENSE)
def test_an_unreadable_word_means_never(ours: object, problem: str) -> None:
    """An owner who was misunderstood keeps the job, and is told what to mend."""
    expected = Owner(
        mode=OwnerMode.NEVER, problem=f"custom_settings.idle_closer{problem}"
    )

    assert expected == read_owner({"idle_closer": ours})


MEANT = [
    *("idle-closer", "idleCloser", "idle_closer.mode", "IDLE_CLOSER", "Idle Closer"),
    *("idle_close", "ilde_closer", "idle_closer_settings", "idle_job_closer"),
    *("idle_clsoer", "team.idle-closer", "idle_after", "keep_open_until"),
]


@pytest.mark.parametrize("key", MEANT, ids=lambda key: f"{key} (F14)")
@pytest.mark.parametrize("beside", [{}, {"idle_closer": {"mode": "auto"}}], ids=str)
def test_a_misspelt_key_means_never(key: str, beside: dict[str, object]) -> None:
    """An owner who tried to say something is not closed unheard (F14)."""
    owner = read_owner(beside | {key: {"mode": "never"}})

    assert OwnerMode.NEVER is owner.mode
    assert owner.problem.startswith(f"custom_settings.{key}: ")


def test_every_misspelt_key_is_asked_for() -> None:
    """The cluster filters by name: what no pattern matches is not seen (F14)."""
    asked = [field.removeprefix("jobs.custom_settings.") for field in FIELDS]

    assert [] == [k for k in MEANT if not any(fnmatchcase(k, a) for a in asked)]


@pytest.mark.parametrize(
    "key", ["created_by", "managed", "custom_urls", "idle", "idle_timeout", "closer"]
)
def test_another_key_is_no_word_of_the_owners(key: str) -> None:
    """Keys of others say nothing, though some of them are fetched along (F14)."""
    assert NO_OWNER_SETTINGS == read_owner({key: {"mode": "never"}})


def test_an_endless_wait_is_refused() -> None:
    """A time that no date can be moved by would stop the sweep of all other jobs."""
    owner = read_owner({"idle_closer": {"idle_after": "9999999d"}})

    assert owner.mode is OwnerMode.NEVER
    assert "expected at most 36500d" in owner.problem
