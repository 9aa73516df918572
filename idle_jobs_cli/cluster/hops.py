"""The hop at which a connection fails, as the doctor finds it."""

import ssl

from idle_jobs.doctor.finding import Finding, Level
from idle_jobs.doctor.handshake import failed_handshake
from idle_jobs.doctor.network import End, check_network, unreachable
from idle_jobs_cli.exits import CouldNot


def failed_hop(url: str, ca_file: str) -> CouldNot | None:
    """Return the hop that fails and what to do about it, None if none does."""
    found = (f for f in check_network(url, ca_file) if f.level is Level.FAIL)
    failed = next(found, None)
    return _told(failed) if failed else None


def hop_of(error: OSError, end: End) -> CouldNot:
    """Return what the error of a connection means, and what to do about it."""
    if isinstance(error, ssl.SSLError | ConnectionResetError):
        return _told(failed_handshake(error, str(end), end.host, ""))
    return _told(unreachable(end, error))


def _told(failed: Finding) -> CouldNot:
    return CouldNot(failed.saw, failed.then)
