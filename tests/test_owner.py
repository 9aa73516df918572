"""What a job's owner may say in custom_settings, and what becomes of nonsense."""

from datetime import UTC, datetime, timedelta

import pytest

from idle_jobs.owner import NO_WISH, Owner, Wish, read_owner

WISHES: dict[str, tuple[object, Owner]] = {
    "no custom settings": (None, NO_WISH),
    "custom settings of others": ({"created_by": "me"}, NO_WISH),
    "custom settings of another shape": ("idle_closer", NO_WISH),
    "a list of custom settings": (["idle_closer"], NO_WISH),
    "an empty wish": ({"idle_closer": {}}, NO_WISH),
    "auto": ({"idle_closer": {"mode": "auto"}}, Owner(wish=Wish.AUTO)),
    "notify": ({"idle_closer": {"mode": "notify"}}, Owner(wish=Wish.NOTIFY)),
    "never": ({"idle_closer": {"mode": "never"}}, Owner(wish=Wish.NEVER)),
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
        Owner(wish=Wish.AUTO, name="team-x"),
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
    expected = Owner(wish=Wish.NEVER, problem=f"custom_settings.idle_closer{problem}")

    assert expected == read_owner({"idle_closer": ours})


def test_an_endless_wait_is_refused() -> None:
    """A time that no date can be moved by would stop the sweep of all other jobs."""
    owner = read_owner({"idle_closer": {"idle_after": "9999999d"}})

    assert owner.wish is Wish.NEVER
    assert "expected at most 36500d" in owner.problem
