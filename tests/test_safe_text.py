"""What others wrote is shown without harm."""

import pytest

from idle_jobs.safe_text import printable

TEXTS = {
    "words": ("größer, 日本語 😀", "größer, 日本語 😀"),
    "nothing": ("", ""),
    "half a surrogate pair": ("a\ud800b", "a?b"),
    "what clears a terminal": ("\x1b[2J\x9b2J", "?[2J?2J"),
    "two lines": ("a\nb\x85c\u2028d", "a?b?c?d"),
    "too much": ("x" * 1_001, "x" * 1_000),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_texts_are_made_printable(text: str, expected: str) -> None:
    """One line of what can be encoded and seen, and not too much of it."""
    assert expected == printable(text)
