"""The one rule by which texts from outside are read; pure.

Bodies, secrets, the mode, keys, settings and answers come out of editors, consoles and
shells, which add what nobody sees. For all of them:

- The encoding is UTF-8. What is not is refused.
- A byte order mark at the beginning, and blanks and line ends around a value, are no
  part of it. What is within the value is.
- What is empty then is missing. It is refused where a value is needed.
- Nothing else is guessed: capitals, quotes and other spellings are as they are written.

A refusal names the field and what was expected. It never repeats a secret.
"""


def tidy(text: str) -> str:
    """Return a text without what editors and consoles add around it."""
    return text.strip().removeprefix("\ufeff").strip()


def tidied(value: object) -> object:
    """Return a value of JSON, a text of it tidied."""
    return tidy(value) if isinstance(value, str) else value


def decoded(data: str | bytes | bytearray) -> str:
    """Return a text that may have come as bytes; ValueError if it is not UTF-8.

    Half a surrogate pair, which JSON can write, is not UTF-8 either.
    """
    try:
        text = data if isinstance(data, str) else bytes(data).decode()
        text.encode()
    except UnicodeError:
        raise ValueError("expected UTF-8") from None
    return tidy(text)


def needed(value: object) -> str:
    """Return a text that is not empty; ValueError tells the kind of value, no more."""
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {_KINDS.get(type(value), 'an object')}")
    if not (text := decoded(value)):
        raise ValueError("expected a text, got an empty one")
    return text


_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
}
