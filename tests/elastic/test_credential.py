"""A secret's text, as people store it, and the Authorization value that it is."""

import json
from base64 import b64encode

import pytest

from idle_jobs.elastic.credential import authorization_of, decoded_secret
from idle_jobs.errors import Refused

KEY = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="
ID, SECRET = "VuaCfGcBCdbkQm-e5aOx", "ui2lp2axTNmsyakw9tvNnw"
BOTH = "ApiKey " + b64encode(f"{ID}:{SECRET}".encode()).decode()
ANN = "Basic " + b64encode("änn:pass wörd".encode()).decode()

STORED: dict[str, tuple[str | bytes, str]] = {
    "a key": (KEY, f"ApiKey {KEY}"),
    "a key with a line end": (f"{KEY}\r\n", f"ApiKey {KEY}"),
    "a key with a byte order mark": (f"\ufeff{KEY}", f"ApiKey {KEY}"),
    "a key as a file": (f"\ufeff{KEY}\n".encode(), f"ApiKey {KEY}"),
    "a key in quotes": (f' "{KEY} "\n', f"ApiKey {KEY}"),
    "id:api_key": (f"{ID}:{SECRET}\n", BOTH),
    "what create API key answers": (
        json.dumps({"id": ID, "name": "reader", "api_key": SECRET, "encoded": KEY}),
        f"ApiKey {KEY}",
    ),
    "JSON with a byte order mark": (
        f'\ufeff{{"encoded": "{KEY}"}}',
        f"ApiKey {KEY}",
    ),
    "JSON with blanks around values": (
        json.dumps({"id": f" {ID}", "api_key": f"{SECRET}\n"}),
        BOTH,
    ),
    "an empty field beside the ones that count": (
        json.dumps({"encoded": " ", "id": ID, "api_key": SECRET}),
        BOTH,
    ),
    "a user": (json.dumps({"username": "änn", "password": "pass wörd"}), ANN),
    "a user with line ends, as bytes": (
        json.dumps(
            {"username": "änn\n", "password": "pass wörd\r\n"}, ensure_ascii=False
        ).encode(),
        ANN,
    ),
}


@pytest.mark.parametrize(("stored", "expected"), STORED.values(), ids=STORED)
def test_a_secret_is_read_as_it_was_stored(stored: str | bytes, expected: str) -> None:
    """By a console, an editor, a shell or Elasticsearch's own answer."""
    assert expected == authorization_of(decoded_secret(stored))


HUSH = "hush-hush-hush"
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "expected an encoded API key, id:api_key, or JSON"),
    "a byte order mark": ("\ufeff", "expected an encoded API key, id:api_key, or JSON"),
    "another encoding": (HUSH.encode("utf-16"), "expected UTF-8"),
    "a key with its scheme": (f"ApiKey {HUSH}", "expected an encoded API key"),
    "a user without quotes": (f"elastic:{HUSH}", "expected an encoded API key"),
    "broken JSON": (f'{{"api_key": "{HUSH}"', "expected an encoded API key"),
    "a list": (f'["{HUSH}"]', "expected an encoded API key"),
    "half of a key": (json.dumps({"api_key": HUSH}), "expected an encoded API key"),
    "half of a user": (json.dumps({"password": HUSH}), "expected an encoded API key"),
    "a user without a password": (
        json.dumps({"username": HUSH, "password": " "}),
        "expected an encoded API key",
    ),
    "a password as a number": (
        json.dumps({"username": HUSH, "password": 12345678}),
        "password: expected a text, got a number",
    ),
    "a key as an object": (
        json.dumps({"id": HUSH, "api_key": {"of": HUSH}}),
        "api_key: expected a text, got an object",
    ),
    "a user with a colon": (
        json.dumps({"username": f"a:{HUSH}", "password": HUSH}),
        "username: expected one without a colon",
    ),
    "half a surrogate pair": (
        json.dumps({"username": "ann", "password": f"\ud800{HUSH}"}),
        "password: expected UTF-8",
    ),
    "a key of two lines": (f"{HUSH}\r\nX-Evil: 1", "expected an encoded API key"),
}


@pytest.mark.parametrize(("stored", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_credential_is_refused_and_not_repeated(
    stored: str | bytes, told: str
) -> None:
    """The field is named, with what was expected of it, and nothing of the secret."""
    with pytest.raises(Refused) as refused:
        authorization_of(decoded_secret(stored))

    assert str(refused.value).startswith(f"the secret: {told}")
    assert HUSH not in str(refused.value)
