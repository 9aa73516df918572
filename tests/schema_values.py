"""Values for the fields of bodies and settings: right ones, nearly right ones, JSON."""

from typing import Any

from hypothesis import strategies as st

from messages.test_close_message import JOB_IDS

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 10_001)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner)
    ),
    max_leaves=3,
)
BLANKS = st.sampled_from(["", "", "", " ", "\n", "\ufeff", " \ufeff\t", "\x85", "\xa0"])


def padded(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts with white space around them, or a mark that nobody sees."""
    return st.tuples(BLANKS, texts, BLANKS).map("".join)


ODD = st.sampled_from(" \u200b\x00\x9b\u2028\ufeffé😀")
LENGTHS = st.sampled_from([1, 64, 65, 100, 101, 256, 257, 300])
REPEATED = st.sampled_from(["a", " ", "é", "😀", "\x00", "\ufeff"])
TEXT = padded(
    st.text(st.characters() | ODD, max_size=5)
    | st.builds(str.__mul__, REPEATED, LENGTHS)
    | st.just("ann")
)

PIECES = st.sampled_from(
    ["web", "a-*", "*", "**", "_all", "", "a_all", "_a", "a" * 64, "b" * 65]
)
EXPRESSIONS = st.lists(
    padded(PIECES | st.text("ab1*_-., \n\ufeffA", max_size=9)), max_size=4
).map(",".join)

COUNTS = st.integers(0, 40_000) | st.sampled_from(
    [24, 1_440, 86_400, 86_400_000, 86_400_000_000, 36_500, 876_000]
)
SPAN = padded(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "0", "00", "-"]),
        COUNTS | COUNTS.map(lambda n: n + 1) | st.text("0189", max_size=13),
        st.sampled_from(
            ["nanos", "micros", "ms", "s", "m", "h", "d", "w", "", " h", "H", "hm"]
        ),
    )
)

TIME = padded(
    st.builds(
        "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
        st.integers(1, 2028) | st.sampled_from([0, 2026, 9999]),
        st.integers(1, 12) | st.integers(0, 13),
        st.integers(1, 31) | st.integers(0, 32),
        st.sampled_from("TTTt "),
        st.integers(0, 23) | st.integers(0, 24),
        st.integers(0, 59) | st.integers(0, 60),
        st.integers(0, 59) | st.integers(0, 60),
        st.sampled_from(["", "", ".5", ".123456789", ".1234567890", "."]),
        st.sampled_from(
            ["Z", "Z", "z", "+00:00", "-23:59", "+24:00", "+01:60", "+1:00", ""]
        ),
    )
)

WORDS = st.sampled_from(
    [
        *("schedule", "request", "close", "watch", "observe", "paused", "auto"),
        *("notify", "never", "Close", " close", "close\n", ""),
    ]
)
FLAG = st.booleans() | st.sampled_from([0, 1, "true", 1.0])
NUMBER = st.sampled_from([0, 1, 1.0, 1.5, 2, 10_000, 10_000.0, 10_001, True, "1"])
EVIDENCE = ("state", "datafeed_state", "last_activity", "open_start", "surprise")

# By field; all others are texts.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "job_id": EXPRESSIONS | JOB_IDS,
    **dict.fromkeys(("version", "expected_jobs"), NUMBER),
    **dict.fromkeys(("timeout", "idle_after"), SPAN),
    **dict.fromkeys(("requested_at", "closing_seen_at", "handed_at"), TIME),
    **dict.fromkeys(("posted_at", "sent_at", "keep_open_until"), TIME),
    **dict.fromkeys(("origin", "kind", "mode"), WORDS),
    **dict.fromkeys(("force", "only_if_idle", "despite_halt", "allow_no_match"), FLAG),
    "evidence": st.dictionaries(st.sampled_from(EVIDENCE), TEXT | TIME | JSON),
}
