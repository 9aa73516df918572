"""Reads a Cloud ID, which Elastic Cloud shows for each deployment; pure."""

import binascii
from base64 import b64decode


def url_of(cloud_id: str) -> str:
    """Return the URL of Elasticsearch in a Cloud ID; ValueError if it is not one.

    It is `name:base64(host[:port]$elasticsearch[:port]$kibana)`.
    """
    try:
        decoded = b64decode(cloud_id.rpartition(":")[2], validate=True).decode("ascii")
        domain, elasticsearch, *_ = decoded.split("$")
    except (binascii.Error, UnicodeError, ValueError):
        domain = elasticsearch = ""
    if not domain or not elasticsearch:
        raise ValueError("expected a Cloud ID, such as my-deployment:ZXUt...")
    host, _, port = domain.partition(":")
    own, _, own_port = elasticsearch.partition(":")
    return f"https://{own}.{host}:{own_port or port or '443'}"
