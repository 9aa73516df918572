"""The environment variables of a cluster's address and credential; pure.

The names are those of this application and those of Elastic's own tools (the container
images, Elastic Agent, start-local, the clients' examples). The first that is set wins.
"""

import json
from collections.abc import Callable, Mapping, Sequence

from idle_jobs.texts import tidy

Environ = Mapping[str, str]

URL = ("CLUSTER_URL", "ES_URL", "ELASTICSEARCH_URL", "ELASTICSEARCH_HOST")
CLOUD_ID = ("ELASTIC_CLOUD_ID", "CLOUD_ID")
API_KEY = ("ES_API_KEY", "ELASTIC_API_KEY", "ELASTICSEARCH_API_KEY")
USER = ("ES_USERNAME", "ELASTICSEARCH_USERNAME", "ES_USER")
PASSWORD = ("ES_PASSWORD", "ELASTICSEARCH_PASSWORD", "ELASTIC_PASSWORD")
CA_FILE = ("CA_BUNDLE", "ES_CA_CERT", "ELASTICSEARCH_CA")
FINGERPRINT = ("ES_CA_FINGERPRINT", "ELASTICSEARCH_CA_TRUSTED_FINGERPRINT")
SERVICE = ("SIGV4_SERVICE",)
ALL = (URL, CLOUD_ID, API_KEY, USER, PASSWORD, CA_FILE, FINGERPRINT, SERVICE)
EVERY_NAME = frozenset(name for names in ALL for name in names)


def first_of(environ: Environ, names: Sequence[str]) -> tuple[str, str]:
    """Return the first variable that is set, and its value; two empty texts if none."""
    for name in names:
        if value := tidy(environ.get(name, "")):
            return name, value
    return "", ""


def read(
    name: str, text: str, reader: Callable[[str], object], problems: list[str]
) -> str:
    """Return the value of an option or a variable; "" if it is empty or wrong."""
    try:
        return str(reader(tidy(text))) if tidy(text) else ""
    except ValueError as error:
        # A URL may have a password in it.
        got = "" if "@" in text else f", got {text!r:.80}"
        problems.append(f"{name}: {error}{got}")
        return ""


def secret_in(environ: Environ) -> tuple[str, str]:
    """Return the variable of a credential, and the credential as a secret has it.

    An API key goes before a user: it is the narrower credential. Two empty texts if
    there is neither, ValueError for a user or a password alone.
    """
    name, key = first_of(environ, API_KEY)
    if key:
        return name, key
    (whose, user), (name, password) = (first_of(environ, n) for n in (USER, PASSWORD))
    # So the images of Elasticsearch set it.
    if not user and name == "ELASTIC_PASSWORD":
        user = "elastic"
    if user and not password:
        raise ValueError(f"{whose}: expected a password with it, such as {PASSWORD[0]}")
    if password and not user:
        raise ValueError(f"{name}: expected a user with it, such as {USER[0]}")
    if not password:
        return "", ""
    return name, json.dumps({"username": user, "password": password})
