"""How every text from outside is cleaned; pure.

Bodies, secrets, the mode, keys, settings and answers come from editors, consoles and
shells, which add characters that nobody sees. For all of them:

- The encoding is UTF-8; anything else is an error.
- A byte order mark at the beginning is removed, and so is white space around the value.
  White space within the value stays.
- An empty value counts as missing. It is an error if a value is needed.
- Nothing else is changed: capitals, quotes and spelling stay as they are.

An error names the field and what was expected. It never repeats a secret.
"""


def tidy(text: str) -> str:
    """Return a text without a byte order mark and the white space around it."""
    return text.strip().removeprefix("\ufeff").strip()


def tidied(value: object) -> object:
    """Return a JSON value; `tidy` it if it is a string."""
    return tidy(value) if isinstance(value, str) else value


def decoded(data: str | bytes | bytearray) -> str:
    """Return a string or bytes as tidy text; ValueError if it is not UTF-8.

    A lone surrogate, which JSON can hold, is not UTF-8 either.
    """
    try:
        text = data if isinstance(data, str) else bytes(data).decode()
        text.encode()
    except UnicodeError:
        raise ValueError("expected UTF-8") from None
    return tidy(text)


def needed(value: object) -> str:
    """Return a tidy text; ValueError if it is empty or not a text.

    The error names the type of the value, never the value: it may be a secret.
    """
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
