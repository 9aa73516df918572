"""The rule by which texts from outside are read."""

import pytest

from idle_jobs.texts import decoded, needed, tidied, tidy

TIDY = {
    "a word": ("close", "close"),
    "a line end": ("close\r\n", "close"),
    "blanks": (" \t close now\u00a0", "close now"),
    "a byte order mark": ("\ufeffclose", "close"),
    "a byte order mark between blanks": (" \ufeff close", "close"),
    "a byte order mark within": ("clo\ufeffse", "clo\ufeffse"),
    "blanks alone": (" \n\u3000", ""),
    "a byte order mark alone": ("\ufeff", ""),
    "quotes and capitals": ('"Close"', '"Close"'),
}


@pytest.mark.parametrize(("text", "expected"), TIDY.values(), ids=TIDY)
def test_what_nobody_sees_is_dropped(text: str, expected: str) -> None:
    """Around a value only, and nothing else of it is guessed."""
    assert expected == tidy(text)


def test_only_texts_are_tidied() -> None:
    """Other values of JSON are as they are."""
    assert ["web", 5, None] == [tidied(value) for value in (" web\n", 5, None)]


BYTES: dict[str, tuple[bytes | str, str]] = {
    "a text": (" größe\n", "größe"),
    "bytes": ("größe".encode(), "größe"),
    "bytes with a byte order mark": ("\ufeffkey\r\n".encode(), "key"),
}


@pytest.mark.parametrize(("data", "expected"), BYTES.values(), ids=BYTES)
def test_bytes_are_utf_8(data: bytes | str, expected: str) -> None:
    """A secret may have been stored as a file."""
    assert expected == decoded(data)


OTHERS: dict[str, bytes | str] = {
    "of PowerShell": "key".encode("utf-16"),
    "Latin-1": "größe".encode("latin-1"),
    "half a surrogate pair": "\ud800",
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_another_encoding_is_refused(data: bytes | str) -> None:
    """Guessed at, it would be another text."""
    with pytest.raises(ValueError, match=r"^expected UTF-8$"):
        decoded(data)


KINDS: dict[str, tuple[object, str]] = {
    "empty": (" \n", "got an empty one"),
    "null": (None, "got null"),
    "true": (True, "got true or false"),
    "a number": (12345678, "got a number"),
    "a list": (["hush"], "got a list"),
    "an object": ({"hush": 1}, "got an object"),
}


@pytest.mark.parametrize(("value", "told"), KINDS.values(), ids=KINDS)
def test_a_needed_text_is_refused_and_not_repeated(value: object, told: str) -> None:
    """It may be a secret."""
    with pytest.raises(ValueError, match=r"^expected a text") as refused:
        needed(value)

    assert f"expected a text, {told}" == str(refused.value)
