"""Which secrets a text tells: those of the functions, and all that their calls bore."""

import re
from collections.abc import Iterable, Iterator

from moto.sts.models import sts_backends

from local.place import ACCOUNT
from local.runner import AWS_KEYS
from standin.cluster import API_KEY, Received

KEY_ID = "AKIDOFTHEFUNCTION"
SECRET = "the-secret-key-of-a-function"
TOKEN = "the-session-token-of-a-function"
_OWN = (SECRET, TOKEN, AWS_KEYS["AWS_SECRET_ACCESS_KEY"])

# Of the calls to AWS, too, whose signatures nobody here has seen.
_SIGNATURE = re.compile(r"Signature=[0-9a-f]{16,}")


def told_in(text: str, calls: Iterable[Received]) -> list[str]:
    """Return the secrets in a text, signatures included."""
    known = {API_KEY, *_OWN, *_of_roles(), *_borne(calls)} - {""}
    return [*_SIGNATURE.findall(text), *(each for each in known if each in text)]


def _of_roles() -> Iterator[str]:
    for role in sts_backends[ACCOUNT]["aws"].assumed_roles:
        yield from (role.secret_access_key, role.session_token)


def _borne(calls: Iterable[Received]) -> Iterator[str]:
    for call in calls:
        headers = {name.lower(): value for name, value in call.headers.items()}
        # `ApiKey <key>`, or `AWS4-HMAC-SHA256 ... Signature=<signature>`.
        last = headers.get("authorization", "").rpartition(" ")[2]
        yield last.removeprefix("Signature=")
        if token := headers.get("x-amz-security-token"):
            yield token
