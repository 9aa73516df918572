"""Reads the address of a cluster: a URL, or the Cloud ID of Elastic Cloud; pure."""

import binascii
from base64 import b64decode
from urllib.parse import urlsplit

from idle_jobs.doctor.handshake import HERE
from idle_jobs.settings import OWN_READERS

NO_HOST = "expected a URL with a host, and with a port from 1 to 65535 if it has one"


def read_url(text: str) -> str:
    """Return the URL of a cluster; ValueError says what is wrong with it.

    The functions refuse the same URLs. A person makes other mistakes than the template
    lets through.
    """
    if "://" not in text:
        raise ValueError("expected a URL that begins with https://")
    if "@" in text:
        instead = "set ES_USERNAME and ES_PASSWORD instead"
        raise ValueError(f"expected a URL without a user: {instead}")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise ValueError(NO_HOST) from None
    if not host or port == 0:
        raise ValueError(NO_HOST)
    if parts.scheme == "http" and host not in HERE:
        raise ValueError(f"expected https, and http only to {' or '.join(HERE)}")
    return str(OWN_READERS["CLUSTER_URL"](text))


def url_of_cloud_id(cloud_id: str) -> str:
    """Return the URL of Elasticsearch in a Cloud ID; ValueError if it is not one.

    It is `name:base64(host[:port]$elasticsearch[:port]$kibana)`.
    """
    encoded = cloud_id.rpartition(":")[2].rstrip("=")
    padding = "=" * (-len(encoded) % 4)  # A double click does not select it.
    try:
        decoded = b64decode(encoded + padding, validate=True).decode("ascii")
        domain, elasticsearch, *_ = decoded.split("$")
        host, _, port = domain.partition(":")
        own, _, own_port = elasticsearch.partition(":")
        if host and own:
            return read_url(f"https://{own}.{host}:{own_port or port or '443'}")
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise ValueError("expected a Cloud ID, such as my-deployment:ZXUt...")
